#include "cli/device_facts.h"

#include "cli/device_iface.h"
#include "cli/device_rows.h"
#include "intel/names_def.h"
#include "intel/wire/arp_def.h"
#include "intel/wire/dhcp_def.h"
#include "intel/wire/dns_def.h"
#include "intel/wire/ftp_def.h"
#include "intel/wire/http_def.h"
#include "intel/wire/ndp_def.h"
#include "intel/wire/smtp_def.h"
#include "intel/wire/ssdp_def.h"
#include "intel/wire/ssh_def.h"
#include "store/rectab.h"

enum { NFACTS = 4, NSAID = 6, ROWS_A_SESSION = 64 };

/* Of equal times the order is that of the tables here. */
static const struct {
    const struct fb_rec_def *def;
    void (*tell)(struct fb_devices *d, const struct fb_rec_row *row);
} FACTS[NFACTS] = {{&fb_arp_def, fb_device_row_arp},
                   {&fb_ndp_def, fb_device_row_ndp},
                   {&fb_dhcp_def, fb_device_row_dhcp},
                   {&fb_dns_def, fb_device_row_dns}};

static const struct {
    const struct fb_rec_def *def;
    void (*tell)(struct fb_devices *d, const struct fb_rec_row *row, const struct fb_session *s);
} SAID[NSAID] = {{&fb_http_def, fb_device_row_http}, {&fb_ssh_def, fb_device_row_ssh},
                 {&fb_smtp_def, fb_device_row_smtp}, {&fb_ftp_def, fb_device_row_ftp},
                 {&fb_ssdp_def, fb_device_row_ssdp}, {&fb_names_def, fb_device_row_names}};

struct walk {
    struct fb_devices *d;
    struct fb_rec_cursor *facts[NFACTS], *said[NSAID];
    struct fb_rec_row row[NFACTS];
    bool has[NFACTS];
    struct fb_device_ifaces ifaces;
    struct fb_err *err;
};

static enum fb_status step(struct walk *w, size_t i)
{
    enum fb_status st = fb_rec_next(w->facts[i], &w->row[i], w->err);
    w->has[i] = st == FB_OK;
    return st == FB_EOF ? FB_OK : st;
}

static enum fb_status tell_facts(struct walk *w)
{
    for (size_t i = 0; i < NFACTS; i++)
        FB_TRY(step(w, i));
    for (;;) {
        size_t best = NFACTS;
        for (size_t i = 0; i < NFACTS; i++)
            if (w->has[i] && (best == NFACTS || w->row[i].at.ts_ns < w->row[best].at.ts_ns))
                best = i;
        FB_TRY(fb_device_ifaces_until(&w->ifaces, w->d, best == NFACTS ? INT64_MAX : w->row[best].at.ts_ns,
                                      w->err));
        if (best == NFACTS)
            return FB_OK;
        FACTS[best].tell(w->d, &w->row[best]);
        FB_TRY(step(w, best));
    }
}

/* TCP: a SYN-ACK was seen. UDP: both sides spoke. FTP's data ports are no service. */
static bool is_open(const struct fb_session *s)
{
    if (strcmp(s->service, "ftp-data") == 0 || fb_addr_is_multicast(&s->resp_h))
        return false;
    switch (s->conn_state) {
    case FB_CS_SF:
        return s->ip_proto == 6 || s->ip_proto == 17;
    case FB_CS_S1:
    case FB_CS_S2:
    case FB_CS_S3:
    case FB_CS_RSTO:
    case FB_CS_RSTR:
    case FB_CS_RSTRH:
    case FB_CS_SHR:
        return s->ip_proto == 6;
    default:
        return false;
    }
}

static void tell_session(struct fb_devices *d, const struct fb_session *s)
{
    struct fb_device_session ds = {
        .at = {s->ts_ns, s->first_ordinal, s->number},
        .end_ns = s->duration_ns > 0 && s->ts_ns <= INT64_MAX - s->duration_ns ? s->ts_ns + s->duration_ns
                                                                               : s->ts_ns,
        .orig_h = s->orig_h,
        .resp_h = s->resp_h,
        .resp_p = s->resp_p,
        .ip_proto = s->ip_proto,
        .orig_ttl = s->orig_ttl,
        .resp_ttl = s->resp_ttl,
        .has_macs = s->has_macs && s->tunnel[0] == '\0',
        .orig_bytes = s->orig_ip_bytes,
        .resp_bytes = s->resp_ip_bytes,
        .answered = s->resp_pkts > 0,
        .open = is_open(s),
        .service = s->service,
    };
    memcpy(ds.orig_mac, s->orig_mac, 6);
    memcpy(ds.resp_mac, s->resp_mac, 6);
    fb_devices_session(d, &ds);
}

static enum fb_status on_session(void *ctx, const struct fb_session *s)
{
    struct walk *w = ctx;
    tell_session(w->d, s);
    for (size_t i = 0; i < NSAID; i++) {
        struct fb_rec_row row;
        enum fb_status st = FB_OK;
        fb_rec_seek(w->said[i], s->number);
        /* A device says early what it is. */
        for (int n = 0; n < ROWS_A_SESSION && (st = fb_rec_next(w->said[i], &row, w->err)) == FB_OK; n++)
            SAID[i].tell(w->d, &row, s);
        if (st != FB_OK && st != FB_EOF)
            return st;
    }
    return FB_OK;
}

enum fb_status fb_device_facts(struct fb_case *c, struct fb_devices *d, struct fb_err *err)
{
    struct walk w = {.d = d, .ifaces = {.c = c}, .err = err};
    enum fb_status st = FB_OK;
    for (size_t i = 0; st == FB_OK && i < NFACTS; i++)
        st = fb_rec_open(c, FACTS[i].def, FB_REC_NEWEST, &w.facts[i], err);
    for (size_t i = 0; st == FB_OK && i < NSAID; i++)
        st = fb_rec_open(c, SAID[i].def, FB_REC_NEWEST, &w.said[i], err);
    if (st == FB_OK)
        st = tell_facts(&w);
    if (st == FB_OK)
        st = fb_case_each_session(c, on_session, &w, err);
    fb_device_ifaces_release(&w.ifaces);
    for (size_t i = 0; i < NFACTS; i++)
        fb_rec_close(w.facts[i]);
    for (size_t i = 0; i < NSAID; i++)
        fb_rec_close(w.said[i]);
    return st;
}
