/* fbforensics hosts: the devices behind the addresses. */
#include "cli/device_facts.h"
#include "cli/hosts_print.h"
#include "cli/intel_find.h"
#include "cli/local_nets.h"
#include "cli/message.h"
#include "cli/resolve_run.h"
#include "cli/source.h"
#include "cli/verbs/verbs.h"
#include "intel/packs/data_file.h"

#include <stdlib.h>
#include <string.h>

struct request {
    bool json, csv;
    struct fb_hosts_opts print;
    struct fb_opt_list local;
    const char *rules_path, *pack;
    const char *show; /* an address or a MAC; NULL: the list */
    struct fb_resolve_args resolve;
    struct fb_ingest_opts in;
};

static const struct fb_cli_help LIST_HELP = {
    "hosts", "CASE|CAPTURE... [options], or: hosts show CASE|CAPTURE... ADDRESS|MAC [options]",
    "The devices behind the addresses: addresses and MACs that belong together, vendor, names, type, "
    "operating\n"
    "system, role, open ports, and which networks are local and why. hosts show says all of one device, "
    "with\n"
    "the reason and the packet for each thing. What did not send a packet is no device.",
    "  fbforensics hosts office.fbcase --local-only\n"
    "  fbforensics hosts capture.pcap --local 192.0.2.0/24 --json\n"
    "  fbforensics hosts show office.fbcase 192.168.1.20\n"
    "  fbforensics hosts show office.fbcase 203.0.113.7 --resolve\n"};

static enum fb_status read_rules(const char *path, struct fb_device_rules *out, struct fb_err *err)
{
    struct fb_data_file f;
    if (!path)
        return fb_device_rules_builtin(out, err);
    FB_TRY(fb_data_file_read(path, &f, err));
    enum fb_status st = fb_device_rules_read(path, (struct fb_span){f.data, f.n}, out, err);
    fb_data_file_release(&f);
    return st;
}

/* What stands in place of ADDRESS|MAC. */
struct target {
    struct fb_addr addr;
    uint8_t mac[6];
    bool is_addr;
};

static bool read_target(const char *word, struct target *t)
{
    t->is_addr = fb_addr_parse(word, &t->addr);
    return t->is_addr || fb_mac_parse((struct fb_span){(const uint8_t *)word, strlen(word)}, t->mac);
}

static bool has(const struct fb_device *v, const struct target *t)
{
    for (size_t k = 0; t->is_addr && k < v->naddrs; k++)
        if (fb_addr_eq(&v->addrs[k].addr, &t->addr))
            return true;
    for (size_t k = 0; !t->is_addr && k < v->nmacs; k++)
        if (memcmp(v->macs[k].mac, t->mac, 6) == 0)
            return true;
    return false;
}

/* Every device that had the address, one after the other. */
static enum fb_status show(const struct fb_devices *d, const struct request *q, const struct target *t,
                           struct fb_out *out, struct fb_err *err)
{
    size_t shown = 0;
    for (size_t i = 0; i < fb_devices_count(d); i++) {
        const struct fb_device *v = fb_devices_at(d, i);
        if (!has(v, t))
            continue;
        if (q->json) {
            fb_hosts_json(v, &q->print, &out->buf);
        } else {
            fb_buf_puts(&out->buf, shown ? "\n" : "");
            fb_hosts_show(v, &q->print, &out->buf);
        }
        shown++;
        if (fb_out_row(out) != FB_OK)
            break;
    }
    return shown ? FB_OK
                 : fb_err_set(err, FB_ERR_NOTFOUND, "%s: no device with it is in the evidence", q->show);
}

/* What resolvers said, after asking when that is wanted: of `hosts show ADDRESS` about that address alone. */
static enum fb_status resolved_names(struct fb_case *c, const struct request *q, const struct target *t,
                                     struct fb_resolved_names **out, struct fb_err *err)
{
    if (q->resolve.on)
        FB_TRY(fb_resolve_case(c, &q->resolve, q->show && t->is_addr ? &t->addr : NULL, q->in.quiet, err));
    return fb_resolved_names_load(c, out, err);
}

static enum fb_status print(struct fb_case *c, struct request *q, const struct fb_devices_opts *o,
                            const struct fb_device_rules *rules, struct fb_err *err)
{
    struct fb_devices *d;
    struct fb_resolved_names *resolved = NULL;
    struct target t = {.is_addr = false};
    struct fb_out out;
    if (q->show && !read_target(q->show, &t))
        return fb_err_set(err, FB_ERR_USAGE, "%s: neither an IP address nor a MAC", q->show);
    FB_TRY(fb_devices_new(o, &d, err));
    enum fb_status st = resolved_names(c, q, &t, &resolved, err);
    q->print.resolved = resolved;
    if (st == FB_OK)
        st = fb_device_facts(c, d, err);
    if (st == FB_OK)
        st = fb_devices_finish(d, q->print.k, rules, err);
    if (st == FB_OK && (st = fb_out_open(&out, NULL, err)) == FB_OK) {
        st = q->show ? show(d, q, &t, &out, err) : fb_hosts_list(d, &q->print, &out, err);
        enum fb_status closed = fb_out_close(&out, st == FB_OK ? err : NULL);
        st = st == FB_OK ? closed : st;
    }
    fb_devices_free(d);
    fb_resolved_names_free(resolved);
    return st;
}

static int run(struct request *q, char **argv, int nargs, const struct fb_devices_opts *o)
{
    struct fb_device_rules rules;
    struct fb_intel *k = NULL;
    struct fb_err err = {0};
    struct fb_source src;
    char path[PATH_MAX];
    if (read_rules(q->rules_path, &rules, &err) != FB_OK)
        return fb_cli_fail(&err);
    int code = -1;
    if (fb_intel_find_open(q->pack, path, &k, &err) != FB_OK)
        code = fb_cli_fail(&err);
    q->print.k = k;
    q->print.rules = rules.name;
    if (code < 0)
        code = fb_source_open(&src, "hosts", argv, nargs, &q->in);
    if (code < 0)
        code =
            fb_source_close(&src, print(src.c, q, o, &rules, &err) == FB_OK ? FB_EXIT_OK : fb_cli_fail(&err));
    fb_intel_close(k);
    fb_device_rules_release(&rules);
    return code;
}

static int check(struct request *q, char **argv, int *nargs)
{
    bool showing = *nargs > 0 && strcmp(argv[0], "show") == 0;
    if (q->json && q->csv)
        return fb_cli_usage("hosts", "--json and --csv exclude each other");
    q->print.format = q->json ? FB_ROWS_JSON : q->csv ? FB_ROWS_CSV : FB_ROWS_TABLE;
    if (!showing)
        return -1;
    if (q->csv || q->print.local_only || q->print.limit)
        return fb_cli_usage("hosts", "--csv, --local-only and --limit are for the list, not for hosts show");
    if (*nargs < 3)
        return fb_cli_usage("hosts", "hosts show needs a case or capture, and an address or a MAC");
    q->show = argv[--*nargs];
    for (int i = 1; i < *nargs; i++)
        argv[i - 1] = argv[i];
    --*nargs;
    return -1;
}

int fb_verb_hosts(int argc, char **argv)
{
    struct request q = {.resolve = FB_RESOLVE_ARGS_DEFAULT, .in = FB_INGEST_OPTS_DEFAULT};
    const struct fb_opt opts[] = {
        {'j', "json", FB_OPT_FLAG, &q.json, NULL, NULL, "JSON lines, one object a device, with all reasons"},
        {0, "csv", FB_OPT_FLAG, &q.csv, NULL, NULL, "CSV"},
        {0, "local-only", FB_OPT_FLAG, &q.print.local_only, NULL, NULL, "only devices of local networks"},
        {0, "local", FB_OPT_LIST, &q.local, "NET,...", NULL,
         "exactly these networks are local; by default the evidence decides"},
        {0, "rules", FB_OPT_TEXT, &q.rules_path, "FILE", NULL,
         "rules of types and systems instead of the own"},
        {'n', "limit", FB_OPT_COUNT, &q.print.limit, "N", NULL, "no more than N devices"},
        FB_OPT_INTEL(q.pack),
        FB_RESOLVE_OPTIONS(q.resolve),
        FB_SOURCE_OPTIONS(q.in),
        {0},
    };
    int nargs, code = fb_cli_parse(&LIST_HELP, opts, argc, argv, &nargs);
    struct fb_local_nets nets = {NULL, 0};
    struct fb_devices_opts o = {0};
    if (code < 0)
        code = check(&q, argv, &nargs);
    if (code < 0)
        code = fb_resolve_args_check("hosts", &q.resolve);
    if (code < 0)
        code = fb_local_nets_read("hosts", &q.local, &nets);
    o.local = nets.range;
    o.nlocal = nets.n;
    if (code < 0)
        code = run(&q, argv, nargs, &o);
    fb_local_nets_release(&nets);
    fb_opt_list_release(&q.local);
    return code;
}
