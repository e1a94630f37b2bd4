#include "base/timefmt.h"

#include <string.h>

#define S_PER_DAY 86400

/* Days since 1970-01-01 of a date in the proleptic Gregorian calendar, and back. Years are counted from
 * March, so that the leap day is the last of its year; 400 years have 146097 days. */
static int64_t days_of_date(int64_t year, unsigned month, unsigned day)
{
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t of_era = year - era * 400;
    int64_t of_year = (153 * (int64_t)(month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static void date_of_days(int64_t days, int64_t *year, unsigned *month, unsigned *day)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t doe = days - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t mp = (5 * doy + 2) / 153;
    *day = (unsigned)(doy - (153 * mp + 2) / 5 + 1);
    *month = (unsigned)(mp < 10 ? mp + 3 : mp - 9);
    *year = yoe + era * 400 + (*month <= 2);
}

/* `width` digits, padded with zeros. */
static char *put_digits(char *p, uint64_t v, unsigned width)
{
    char *end = p + width;
    for (char *q = end; q != p; v /= 10)
        *--q = (char)('0' + v % 10);
    return end;
}

static char *put_number(char *p, uint64_t v)
{
    unsigned width = 1;
    for (uint64_t t = v; t >= 10; t /= 10)
        width++;
    return put_digits(p, v, width);
}

static char *put_text(char *p, const char *s)
{
    size_t n = strlen(s);
    memcpy(p, s, n);
    return p + n;
}

static unsigned finish(const char *out, char *p)
{
    *p = '\0';
    return (unsigned)(p - out);
}

unsigned fb_time_format(int64_t ts_ns, char out[static FB_TIME_STRLEN])
{
    int64_t s = ts_ns / FB_NS_PER_S, ns = ts_ns % FB_NS_PER_S;
    if (ns < 0) {
        ns += FB_NS_PER_S;
        s--;
    }
    int64_t days = s / S_PER_DAY, of_day = s % S_PER_DAY;
    if (of_day < 0) {
        of_day += S_PER_DAY;
        days--;
    }
    int64_t year;
    unsigned month, day;
    date_of_days(days, &year, &month, &day);
    char *p = put_digits(out, (uint64_t)year, 4);
    *p++ = '-';
    p = put_digits(p, month, 2);
    *p++ = '-';
    p = put_digits(p, day, 2);
    *p++ = 'T';
    p = put_digits(p, (uint64_t)of_day / 3600, 2);
    *p++ = ':';
    p = put_digits(p, (uint64_t)of_day / 60 % 60, 2);
    *p++ = ':';
    p = put_digits(p, (uint64_t)of_day % 60, 2);
    *p++ = '.';
    p = put_digits(p, (uint64_t)ns, 9);
    *p++ = 'Z';
    return finish(out, p);
}

static uint64_t magnitude(int64_t v)
{
    return v < 0 ? -(uint64_t)v : (uint64_t)v;
}

unsigned fb_time_format_seconds(int64_t ns, unsigned decimals, char out[static FB_TIME_STRLEN])
{
    uint64_t unit = FB_NS_PER_S;
    if (decimals > 9)
        decimals = 9;
    for (unsigned i = 0; i < decimals; i++)
        unit /= 10;
    uint64_t steps = magnitude(ns) / unit; /* what is left after truncation; a zero has no sign */
    uint64_t per_s = FB_NS_PER_S / unit;
    char *p = out;
    if (ns < 0 && steps > 0)
        *p++ = '-';
    p = put_number(p, steps / per_s);
    if (decimals) {
        *p++ = '.';
        p = put_digits(p, steps % per_s, decimals);
    }
    return finish(out, p);
}

unsigned fb_time_format_human(int64_t ns, char out[static FB_TIME_STRLEN])
{
    char *p = out;
    if (ns < 0)
        *p++ = '-';
    uint64_t v = magnitude(ns), s = v / FB_NS_PER_S;
    static const struct {
        uint64_t below_s, big, small;
        const char *big_unit, *small_unit;
    } pair[] = {
        {3600, 60, 1, " m ", " s"},
        {S_PER_DAY, 3600, 60, " h ", " m"},
        {UINT64_MAX, S_PER_DAY, 3600, " d ", " h"},
    };
    if (s >= 60) {
        unsigned i = s < pair[0].below_s ? 0 : s < pair[1].below_s ? 1 : 2;
        p = put_number(p, s / pair[i].big);
        p = put_text(p, pair[i].big_unit);
        p = put_digits(p, s % pair[i].big / pair[i].small, 2);
        p = put_text(p, pair[i].small_unit);
    } else if (s >= 1) {
        p = put_number(p, s);
        *p++ = '.';
        p = put_digits(p, v / (100 * FB_NS_PER_MS) % 10, 1);
        p = put_text(p, " s");
    } else if (v >= 10 * FB_NS_PER_US) {
        p = put_number(p, v / FB_NS_PER_MS);
        *p++ = '.';
        p = put_digits(p, v / (10 * FB_NS_PER_US) % 100, 2);
        p = put_text(p, " ms");
    } else if (v > 0) {
        p = put_number(p, v);
        p = put_text(p, " ns");
    } else {
        p = put_text(p, "0 s");
    }
    return finish(out, p);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Exactly `width` digits. */
static bool take_digits(const char **t, unsigned width, unsigned *out)
{
    unsigned v = 0;
    for (unsigned i = 0; i < width; i++) {
        if (!is_digit((*t)[i]))
            return false;
        v = v * 10 + (unsigned)((*t)[i] - '0');
    }
    *t += width;
    *out = v;
    return true;
}

static bool take_char(const char **t, char c)
{
    if (**t != c)
        return false;
    ++*t;
    return true;
}

/* A point and one to nine digits, as nanoseconds; nothing there is zero. */
static bool take_fraction(const char **t, int64_t *ns)
{
    *ns = 0;
    if (!take_char(t, '.'))
        return true;
    int64_t scale = FB_NS_PER_S;
    while (is_digit(**t)) {
        scale /= 10;
        if (scale == 0)
            return false;
        *ns += (**t - '0') * scale;
        ++*t;
    }
    return scale < FB_NS_PER_S;
}

/* Any number of digits, as long as they fit. */
static bool take_number(const char **t, int64_t *out)
{
    if (!is_digit(**t))
        return false;
    int64_t v = 0;
    for (; is_digit(**t); ++*t)
        if (__builtin_mul_overflow(v, 10, &v) || __builtin_add_overflow(v, **t - '0', &v))
            return false;
    *out = v;
    return true;
}

/* sign * (s + ns), with the whole range of int64_t. */
static bool combine(int64_t s, int64_t ns, bool negative, int64_t *out)
{
    int64_t v;
    if (negative) {
        s = -s;
        ns = -ns;
    }
    /* The smallest time lies in a second whose start does not fit, so that one second is borrowed. */
    if (s < 0 && ns > 0) {
        s++;
        ns -= FB_NS_PER_S;
    }
    if (__builtin_mul_overflow(s, FB_NS_PER_S, &v) || __builtin_add_overflow(v, ns, &v))
        return false;
    *out = v;
    return true;
}

static bool parse_epoch(const char *t, int64_t *out_ns)
{
    bool negative = take_char(&t, '-');
    int64_t s, ns;
    return take_number(&t, &s) && take_fraction(&t, &ns) && *t == '\0' && combine(s, ns, negative, out_ns);
}

static unsigned days_in_month(unsigned year, unsigned month)
{
    static const uint8_t days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap ? 1U : 0U);
}

/* Z, +hh:mm, -hh:mm or nothing, in seconds east of UTC. */
static bool take_zone(const char **t, int64_t *offset_s)
{
    *offset_s = 0;
    if (**t == '\0' || take_char(t, 'Z') || take_char(t, 'z'))
        return true;
    bool west = **t == '-';
    if (!west && **t != '+')
        return false;
    ++*t;
    unsigned h, m;
    if (!take_digits(t, 2, &h) || !take_char(t, ':') || !take_digits(t, 2, &m) || h > 23 || m > 59)
        return false;
    int64_t s = h * 3600 + m * 60;
    *offset_s = west ? -s : s;
    return true;
}

bool fb_time_parse(const char *text, int64_t *out_ns)
{
    const char *t = text;
    unsigned year, month, day, h = 0, m = 0, sec = 0;
    int64_t ns = 0, offset_s = 0;
    if (!take_digits(&t, 4, &year) || !take_char(&t, '-'))
        return parse_epoch(text, out_ns);
    if (!take_digits(&t, 2, &month) || !take_char(&t, '-') || !take_digits(&t, 2, &day))
        return false;
    if (month < 1 || month > 12 || day < 1 || day > days_in_month(year, month))
        return false;
    if (*t == 'T' || *t == 't' || *t == ' ') {
        t++;
        if (!take_digits(&t, 2, &h) || !take_char(&t, ':') || !take_digits(&t, 2, &m))
            return false;
        if (take_char(&t, ':') && (!take_digits(&t, 2, &sec) || !take_fraction(&t, &ns)))
            return false;
        if (!take_zone(&t, &offset_s))
            return false;
    }
    if (*t != '\0' || h > 23 || m > 59 || sec > 60) /* 60: a leap second is the start of the next minute */
        return false;
    int64_t s = days_of_date(year, month, day) * S_PER_DAY + h * 3600 + m * 60 + sec - offset_s;
    return combine(s, ns, false, out_ns);
}

bool fb_duration_parse(const char *text, int64_t *out_ns)
{
    static const struct {
        const char *name;
        int64_t ns;
    } unit[] = {
        {"", FB_NS_PER_S},
        {"s", FB_NS_PER_S},
        {"ns", 1},
        {"us", FB_NS_PER_US},
        {"ms", FB_NS_PER_MS},
        {"m", 60 * FB_NS_PER_S},
        {"h", 3600 * FB_NS_PER_S},
        {"d", S_PER_DAY * FB_NS_PER_S},
    };
    const char *t = text;
    int64_t whole, part = 0;
    if (!take_number(&t, &whole))
        return false;
    const char *fraction = t;
    if (take_char(&t, '.')) {
        fraction = t;
        while (is_digit(*t))
            t++;
        if (t == fraction)
            return false;
    }
    for (size_t i = 0; i < sizeof unit / sizeof *unit; i++) {
        if (strcmp(t, unit[i].name) != 0)
            continue;
        int64_t scale = unit[i].ns, v;
        for (; is_digit(*fraction); fraction++) {
            scale /=
                10; /* exact for every digit that can still make a nanosecond, but the last of m, h and d */
            part += (*fraction - '0') * scale;
        }
        if (__builtin_mul_overflow(whole, unit[i].ns, &v) || __builtin_add_overflow(v, part, &v))
            return false;
        *out_ns = v;
        return true;
    }
    return false;
}
