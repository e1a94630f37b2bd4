#include "cli/intel_install.h"

#include "base/escape.h"
#include "cli/intel_find.h"
#include "cli/message.h"
#include "cli/options.h"
#include "intel/packs/dataset_build.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILES_MAX 1000 /* of one directory */

struct install {
    struct fb_pack_build *pack;
    struct fb_dataset_about given; /* from options; for each source */
    struct fb_buf named;           /* names given in this run, for fb_rec_next_item */
    char path[PATH_MAX];           /* of the pack */
};

/* Two sources of one name in one run: the second would take the place of the first, which nobody means. */
static bool is_named(const struct install *in, const char *name)
{
    struct fb_cur c = fb_cur_init(in->named.data, in->named.len);
    struct fb_span s;
    while (fb_rec_next_item(&c, &s))
        if (s.n == strlen(name) && memcmp(s.p, name, s.n) == 0)
            return true;
    return false;
}

static void say_file(const char *path, const struct fb_dataset_report *r)
{
    char bad[96] = "";
    if (r->bad && r->bad_line)
        snprintf(bad, sizeof bad, "; %llu lines not understood, the first is line %llu",
                 (unsigned long long)r->bad, (unsigned long long)r->bad_line);
    else if (r->bad)
        snprintf(bad, sizeof bad, "; %llu entries not understood", (unsigned long long)r->bad);
    fb_cli_say("%s: %s%s", path, r->form, bad);
}

/* Reads one file. `lenient`: one of a form that is not known is passed over (*used tells). */
static enum fb_status add_file(struct fb_dataset_build *b, const char *path, bool lenient, bool *used,
                               struct fb_err *err)
{
    struct fb_data_file f;
    struct fb_dataset_report report;
    const char *slash = strrchr(path, '/');
    FB_TRY(fb_data_file_read(path, &f, err));
    enum fb_status st = fb_dataset_build_file(b, slash ? slash + 1 : path, &f, &report, err);
    fb_data_file_release(&f);
    *used = st == FB_OK;
    if (st == FB_ERR_NOTFOUND && lenient)
        return FB_OK;
    if (st == FB_ERR_NOTFOUND)
        err->status = st = FB_ERR_INPUT;
    if (st != FB_OK)
        return fb_err_wrap(err, "%s", path);
    say_file(path, &report);
    return FB_OK;
}

static enum fb_status about_package(const char *dir, struct fb_dataset_about *about, struct fb_err *err)
{
    char path[PATH_MAX];
    struct fb_data_file f;
    int n = snprintf(path, sizeof path, "%s/package.json", dir);
    if (n < 0 || n >= (int)sizeof path || access(path, R_OK) != 0)
        return FB_OK;
    FB_TRY(fb_data_file_read(path, &f, err));
    enum fb_status st = fb_dataset_about_npm((struct fb_span){f.data, f.n}, about, err);
    fb_data_file_release(&f);
    return st == FB_OK ? FB_OK : fb_err_wrap(err, "%s", path);
}

static int is_data_name(const struct dirent *e)
{
    return e->d_name[0] != '.' && strcmp(e->d_name, "package.json") != 0;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static enum fb_status add_dir(struct fb_dataset_build *b, const char *dir, struct fb_dataset_about *about,
                              struct fb_err *err)
{
    struct dirent **name = NULL;
    char path[PATH_MAX];
    struct stat sb;
    bool any = false, used;
    FB_TRY(about_package(dir, about, err));
    int n = scandir(dir, &name, is_data_name, by_name);
    enum fb_status st = FB_OK;
    if (n < 0)
        return fb_err_set(err, FB_ERR_IO, "%s: %s", dir, strerror(errno));
    if (n > FILES_MAX)
        st = fb_err_set(err, FB_ERR_LIMIT, "%s: more than %d files", dir, FILES_MAX);
    for (int i = 0; i < n; i++) {
        int len = snprintf(path, sizeof path, "%s/%s", dir, name[i]->d_name);
        if (st == FB_OK && len > 0 && len < (int)sizeof path && stat(path, &sb) == 0 && S_ISREG(sb.st_mode)) {
            st = add_file(b, path, true, &used, err);
            any = any || used;
        }
        free(name[i]);
    }
    free(name);
    if (st == FB_OK && !any)
        st = fb_err_set(err, FB_ERR_INPUT, "%s: no file in it has a form that is known", dir);
    return st;
}

/* One source: its own data set, or one for each kind of thing in it. */
static enum fb_status add_source(struct install *in, const char *path, struct fb_err *err)
{
    struct fb_dataset_build b;
    struct fb_dataset_about about = in->given;
    struct stat sb;
    bool used;
    if (stat(path, &sb) != 0)
        return fb_err_set(err, FB_ERR_INPUT, "%s: %s", path, strerror(errno));
    fb_dataset_build_init(&b);
    enum fb_status st =
        S_ISDIR(sb.st_mode) ? add_dir(&b, path, &about, err) : add_file(&b, path, false, &used, err);
    if (!about.name[0]) {
        char copy[PATH_MAX];
        snprintf(copy, sizeof copy, "%s", path);
        snprintf(about.name, sizeof about.name, "%s", basename(copy));
    }
    if (st == FB_OK && is_named(in, about.name))
        st =
            fb_err_set(err, FB_ERR_USAGE, "%s: a second source with the name %s; give it another with --name",
                       path, about.name);
    else if (st == FB_OK) {
        fb_rec_item(&in->named, about.name, strlen(about.name));
        st = fb_dataset_build_finish(&b, &about, in->pack, err);
        if (st != FB_OK)
            fb_err_wrap(err, "%s", path);
    }
    fb_dataset_build_release(&b);
    return st;
}

/* The data sets of the pack that is there already. */
static enum fb_status keep_old(struct install *in, struct fb_err *err)
{
    struct fb_data_file f;
    struct fb_pack old;
    if (access(in->path, F_OK) != 0)
        return FB_OK;
    FB_TRY(fb_data_file_read(in->path, &f, err));
    enum fb_status st = fb_pack_open((struct fb_span){f.data, f.n}, &old, err);
    if (st != FB_OK)
        fb_err_wrap(err, "%s", in->path);
    for (size_t i = 0; st == FB_OK && i < old.n; i++)
        st = fb_pack_build_add(in->pack, &old.set[i].info, old.set[i].body, err);
    if (st == FB_OK)
        fb_pack_release(&old);
    fb_data_file_release(&f);
    return st;
}

static enum fb_status io_failed(const char *path, struct fb_err *err)
{
    return fb_err_set(err, FB_ERR_IO, "%s: %s", path, strerror(errno));
}

static enum fb_status make_parents(const char *path, struct fb_err *err)
{
    char dir[PATH_MAX];
    snprintf(dir, sizeof dir, "%s", path);
    for (char *p = strchr(dir + 1, '/'); p; p = strchr(p + 1, '/')) {
        *p = '\0';
        if (mkdir(dir, 0777) != 0 && errno != EEXIST)
            return io_failed(dir, err);
        *p = '/';
    }
    return FB_OK;
}

/* Beside the place where it goes, then moved there, so that there is never half a pack. */
static enum fb_status write_pack(const char *path, const struct fb_buf *bytes, struct fb_err *err)
{
    char temp[PATH_MAX];
    FB_TRY(make_parents(path, err));
    int n = snprintf(temp, sizeof temp, "%s.new", path);
    if (n < 0 || n >= (int)sizeof temp)
        return fb_err_set(err, FB_ERR_USAGE, "%s: too long for a file name", path);
    int fd = open(temp, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (fd < 0)
        return io_failed(temp, err);
    enum fb_status st = FB_OK;
    for (size_t done = 0; st == FB_OK && done < bytes->len;) {
        ssize_t got = write(fd, bytes->data + done, bytes->len - done);
        if (got >= 0)
            done += (size_t)got;
        else if (errno != EINTR)
            st = io_failed(temp, err);
    }
    if (st == FB_OK && fsync(fd) != 0)
        st = io_failed(temp, err);
    close(fd);
    if (st == FB_OK && rename(temp, path) != 0)
        st = io_failed(path, err);
    if (st != FB_OK)
        unlink(temp);
    return st;
}

static enum fb_status run(struct install *in, bool fresh, char **paths, int n, struct fb_err *err)
{
    struct fb_buf out;
    struct fb_pack made;
    char hex[FB_DIGEST_HEXLEN];
    fb_buf_init(&out, FB_PACK_BYTES_MAX);
    enum fb_status st = fresh ? FB_OK : keep_old(in, err);
    for (int i = 0; st == FB_OK && i < n; i++)
        st = add_source(in, paths[i], err);
    if (st == FB_OK)
        st = fb_pack_build_finish(in->pack, &out, err);
    if (st == FB_OK) /* what cannot be read must not be installed */
        st = fb_pack_open((struct fb_span){out.data, out.len}, &made, err);
    if (st == FB_OK) {
        fb_hex(made.digest.b, FB_DIGEST_LEN, hex);
        fb_pack_release(&made);
        st = write_pack(in->path, &out, err);
    }
    if (st == FB_OK)
        fb_cli_say("%s: %zu data set%s, %zu bytes, digest %s", in->path, in->pack->n,
                   in->pack->n == 1 ? "" : "s", out.len, hex);
    fb_buf_release(&out);
    return st;
}

/* False after a message. */
static bool take(char *to, size_t size, const char *from, const char *option)
{
    if (from && strlen(from) >= size)
        return fb_cli_usage("intel", "--%s takes at most %zu bytes", option, size - 1), false;
    if (from)
        snprintf(to, size, "%s", from);
    return true;
}

int fb_intel_install(int argc, char **argv)
{
    const char *pack = NULL, *name = NULL, *version = NULL, *date = NULL, *source = NULL, *licence = NULL;
    bool fresh = false;
    const struct fb_opt opts[] = {
        {'p', "pack", FB_OPT_TEXT, &pack, "PACK", NULL,
         "the pack to write (default: $FB_INTEL, else the user's own)"},
        {0, "new", FB_OPT_FLAG, &fresh, NULL, NULL, "start an empty pack; without it, data sets are added"},
        {0, "name", FB_OPT_TEXT, &name, "NAME", NULL,
         "name of the data set (default: the package's, else the file's)"},
        {0, "data-version", FB_OPT_TEXT, &version, "TEXT", NULL, "its version"},
        {0, "date", FB_OPT_TEXT, &date, "DATE", NULL, "its date (default: what the data say themselves)"},
        {0, "source", FB_OPT_TEXT, &source, "TEXT", NULL, "where it comes from"},
        {0, "licence", FB_OPT_TEXT, &licence, "TEXT", NULL, "its licence"},
        {0},
    };
    static const struct fb_cli_help help = {
        "intel install", "FILE|DIR... [--pack PACK]",
        "Converts data sets that lie on disk into an intelligence pack. Nothing is fetched. Each argument is "
        "one\n"
        "source; a directory with a package.json is described by it. A data set of the same name is "
        "replaced.",
        "  fbforensics intel install node_modules/@ip-location-db/asn --pack my.fbpack\n"
        "  fbforensics intel install GeoLite2-ASN.mmdb --licence 'GeoLite2 EULA' --name geolite2-asn\n"};
    int nargs, code = fb_cli_parse(&help, opts, argc, argv, &nargs);
    if (code >= 0)
        return code;
    if (nargs < 1)
        return fb_cli_usage(help.verb, "at least one file or directory is needed");
    if (nargs > 1 && (name || version || date || source || licence))
        return fb_cli_usage(help.verb,
                            "--name, --data-version, --date, --source and --licence describe one source");
    struct install in = {.pack = malloc(sizeof *in.pack)};
    if (!take(in.given.name, sizeof in.given.name, name, "name") ||
        !take(in.given.version, sizeof in.given.version, version, "data-version") ||
        !take(in.given.date, sizeof in.given.date, date, "date") ||
        !take(in.given.source, sizeof in.given.source, source, "source") ||
        !take(in.given.licence, sizeof in.given.licence, licence, "licence")) {
        free(in.pack);
        return FB_EXIT_USAGE;
    }
    struct fb_err err = {0};
    enum fb_status st = FB_OK;
    if (!in.pack)
        st = fb_err_nomem(&err, "a pack");
    else if (pack ? strlen(pack) >= sizeof in.path : !fb_intel_home(in.path))
        st = fb_err_set(&err, FB_ERR_USAGE, "where should the pack go? say --pack PACK");
    if (st == FB_OK) {
        if (pack)
            snprintf(in.path, sizeof in.path, "%s", pack);
        fb_pack_build_init(in.pack);
        fb_buf_init(&in.named, 1u << 20);
        st = run(&in, fresh, argv, nargs, &err);
        fb_buf_release(&in.named);
        fb_pack_build_release(in.pack);
    }
    free(in.pack);
    return st == FB_OK ? FB_EXIT_OK : fb_cli_fail(&err);
}
