#include "cli/lists_load.h"

#include "base/digest.h"
#include "base/escape.h"
#include "cli/local_nets.h"
#include "cli/message.h"
#include "store/sign_key.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_BYTES_MAX ((off_t)1 << 30)
#define KEYS_MAX       1000
#define SAID_MAX       5

const char *const fb_lists_scopes[] = {"all", "egress", NULL};

void fb_lists_policy_release(struct fb_lists_policy *p)
{
    fb_opt_list_release(&p->keys);
    fb_opt_list_release(&p->names);
    fb_opt_list_release(&p->local);
}

enum fb_status fb_lists_policy_check(const struct fb_lists_policy *p, struct fb_err *err)
{
    struct fb_local_nets local;
    enum fb_status st = fb_local_nets_parse(&p->local, &local, err);
    fb_local_nets_release(&local);
    if (st == FB_OK && p->local.n && p->scope != FB_LIST_SCOPE_EGRESS)
        return fb_err_set(err, FB_ERR_USAGE, "--local has a meaning only with --scope egress");
    return st;
}

enum fb_status fb_lists_read_bytes(const char *path, uint8_t **bytes, size_t *n, struct fb_err *err)
{
    struct stat st;
    *bytes = NULL;
    *n = 0;
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return fb_err_set(err, FB_ERR_INPUT, "%s: %s", path, strerror(errno));
    enum fb_status result = FB_OK;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        result = fb_err_set(err, FB_ERR_INPUT, "%s: not a file", path);
    else if (st.st_size > FILE_BYTES_MAX)
        result = fb_err_set(err, FB_ERR_LIMIT, "%s: a list has at most 1 GiB", path);
    uint8_t *b = result == FB_OK ? malloc((size_t)st.st_size + 1) : NULL;
    if (result == FB_OK && !b)
        result = fb_err_nomem(err, "a list");
    size_t got = 0;
    while (result == FB_OK && got < (size_t)st.st_size) {
        ssize_t k = read(fd, b + got, (size_t)st.st_size - got);
        if (k < 0)
            result = fb_err_set(err, FB_ERR_IO, "%s: %s", path, strerror(errno));
        if (k == 0)
            break;
        got += k > 0 ? (size_t)k : 0;
    }
    close(fd);
    if (result != FB_OK) {
        free(b);
        return result;
    }
    *bytes = b;
    *n = got;
    return FB_OK;
}

/* ---- keys ---- */

static enum fb_status add_key(struct fb_lists_keys *k, const char *path, struct fb_err *err)
{
    struct fb_list_key key = {.minisign = false};
    struct fb_public_key pub;
    uint8_t *bytes;
    size_t n;
    FB_TRY(fb_lists_read_bytes(path, &bytes, &n, err));
    bool minisign = n <= 4096 && fb_list_minisign_key(bytes, n, &key);
    free(bytes);
    if (!minisign) {
        FB_TRY(fb_public_key_load(path, &pub, err));
        memcpy(key.pub, pub.pub, sizeof key.pub);
        snprintf(key.name, sizeof key.name, "%s", pub.name);
        fb_list_key_id(key.pub, key.id);
    }
    if (!fb_list_grow((void **)&k->key, k->n, &k->cap, sizeof *k->key))
        return fb_err_nomem(err, "keys");
    k->key[k->n++] = key;
    return FB_OK;
}

static bool ends_in_pub(const char *name)
{
    size_t n = strlen(name);
    return n > 4 && strcmp(name + n - 4, ".pub") == 0;
}

static enum fb_status add_folder(struct fb_lists_keys *k, const char *dir, bool must, struct fb_err *err)
{
    struct dirent **entry = NULL;
    int n = scandir(dir, &entry, NULL, alphasort);
    if (n < 0)
        return must ? fb_err_set(err, FB_ERR_INPUT, "%s: %s", dir, strerror(errno)) : FB_OK;
    enum fb_status st = FB_OK;
    for (int i = 0; i < n; i++) {
        char path[4096];
        if (st == FB_OK && k->n < KEYS_MAX && ends_in_pub(entry[i]->d_name) &&
            snprintf(path, sizeof path, "%s/%s", dir, entry[i]->d_name) < (int)sizeof path)
            st = add_key(k, path, err);
        free(entry[i]);
    }
    free(entry);
    return st;
}

enum fb_status fb_lists_keys_load(const struct fb_lists_policy *p, struct fb_lists_keys *out,
                                  struct fb_err *err)
{
    const char *home = getenv("HOME");
    char path[4096];
    *out = (struct fb_lists_keys){NULL, 0, 0};
    for (size_t i = 0; i < p->keys.n; i++)
        FB_TRY(add_key(out, p->keys.item[i], err));
    if (p->keys_dir)
        return add_folder(out, p->keys_dir, true, err);
    if (home && snprintf(path, sizeof path, "%s/.config/fbforensics/list-keys", home) < (int)sizeof path)
        return add_folder(out, path, false, err);
    return FB_OK;
}

/* ---- lists ---- */

static enum fb_status check_signature(const char *path, const struct fb_lists_policy *p,
                                      const struct fb_lists_keys *keys, struct fb_lists_file *f,
                                      struct fb_err *err)
{
    struct fb_list_signature sig = {.state = FB_LIST_SIG_NONE};
    char beside[4096];
    uint8_t *bytes;
    size_t n;
    bool json = f->list->form == FB_LIST_WHITELIST || f->list->form == FB_LIST_BLACKLIST;
    enum fb_status st = FB_OK;
    if (snprintf(beside, sizeof beside, "%s.minisig", path) < (int)sizeof beside &&
        access(beside, F_OK) == 0) {
        FB_TRY(fb_lists_read_bytes(beside, &bytes, &n, err));
        st = fb_list_verify_minisign(f->bytes, f->n, bytes, n, keys->key, keys->n, &sig, err);
        free(bytes);
    }
    /* What is in the list is checked too; a good minisign file does not excuse a wrong one. */
    if (st == FB_OK && json && f->list->signature && *f->list->signature && sig.state != FB_LIST_SIG_GOOD)
        st = fb_list_verify(f->bytes, f->n, f->list->signature, keys->key, keys->n, &sig, err);
    if (st == FB_OK && p->require_signature && sig.state != FB_LIST_SIG_GOOD)
        st = fb_err_set(err, FB_ERR_VERIFY,
                        sig.state == FB_LIST_SIG_INTEGRITY
                            ? "its SHA-256 holds, but proves no origin: no trusted key signed this list"
                            : "not signed, and a signature is required");
    f->state = sig.state;
    f->has_time = f->list->has_time || sig.has_time;
    f->time_ns = f->list->has_time ? f->list->time_ns : sig.time_ns;
    if (sig.key)
        f->key = *sig.key;
    return st == FB_OK ? FB_OK : fb_err_wrap(err, "%s", path);
}

enum fb_status fb_lists_read(const char *path, const struct fb_lists_policy *p,
                             const struct fb_lists_keys *keys, struct fb_lists_file *out, struct fb_err *err)
{
    struct fb_list_read_opts o = {.strict = p->strict};
    *out = (struct fb_lists_file){.state = FB_LIST_SIG_NONE};
    enum fb_status st = fb_lists_read_bytes(path, &out->bytes, &out->n, err);
    if (st == FB_OK)
        st = fb_list_read(out->bytes, out->n, path, &o, &out->list, err);
    if (st == FB_OK)
        st = check_signature(path, p, keys, out, err);
    if (st == FB_OK)
        st = fb_lists_trust_check(p, out, err);
    if (st != FB_OK)
        fb_lists_file_release(out);
    return st;
}

void fb_lists_file_release(struct fb_lists_file *f)
{
    free(f->bytes);
    fb_list_file_free(f->list);
    *f = (struct fb_lists_file){.state = FB_LIST_SIG_NONE};
}

static void say_problems(const struct fb_list_file *f)
{
    for (uint64_t i = 0; i < f->skipped && i < SAID_MAX; i++)
        fb_cli_say("%s: line %u, \"%s\": %s; skipped", f->name, f->problem[i].line, f->problem[i].entry,
                   f->problem[i].why);
    if (f->skipped > SAID_MAX)
        fb_cli_say("%s: %llu entries skipped in all", f->name, (unsigned long long)f->skipped);
}

static void describe(struct fb_buf *out, const struct fb_lists_file *f, bool first)
{
    static const char *const STATE[] = {"none", "integrity", "good"};
    char hex[FB_DIGEST_HEXLEN];
    const struct fb_list_file *l = f->list;
    fb_hex(l->sha256, sizeof l->sha256, hex);
    fb_buf_puts(out, first ? "{\"date\":" : ",{\"date\":");
    fb_escape_json(out, l->date ? l->date : "", l->date ? strlen(l->date) : 0);
    fb_buf_printf(out, ",\"entries\":%llu,\"file\":", (unsigned long long)fb_list_file_entries(l));
    fb_escape_json(out, l->name, strlen(l->name));
    fb_buf_printf(
        out, ",\"form\":\"%s\",\"key\":\"%s\",\"sha256\":\"%s\",\"signature\":\"%s\",\"skipped\":%llu}",
        fb_list_form_name(l->form), f->key.id, hex, STATE[f->state], (unsigned long long)l->skipped);
}

static enum fb_status read_all(char **paths, int n, const struct fb_lists_policy *p,
                               struct fb_lists_file *file, struct fb_err *err)
{
    struct fb_lists_keys keys;
    struct fb_list_read_opts o = {.strict = true};
    enum fb_status st = fb_lists_keys_load(p, &keys, err);
    for (int i = 0; i < n && st == FB_OK; i++) {
        st = fb_lists_read(paths[i], p, &keys, &file[i], err);
        if (st == FB_OK && p->by_kind && (file[i].list->form == FB_LIST_WHITELIST) != (i < p->nwhite))
            st = fb_err_set(err, FB_ERR_INPUT, "%s: not a %s", paths[i],
                            i < p->nwhite ? "whitelist" : "blacklist");
        if (st == FB_OK && !p->quiet)
            say_problems(file[i].list);
    }
    if (st == FB_OK && p->builtin)
        st = fb_list_read(fb_lists_builtin, strlen(fb_lists_builtin), FB_LISTS_BUILTIN_NAME, &o,
                          &file[n].list, err);
    free(keys.key);
    return st;
}

enum fb_status fb_lists_load(char **paths, int n, const struct fb_lists_policy *p, struct fb_list_set **out,
                             struct fb_buf *described, struct fb_err *err)
{
    struct fb_list_set_opts o = p->set;
    struct fb_lists_file *file = calloc((size_t)n + 1, sizeof *file);
    int all = n + p->builtin;
    *out = NULL;
    if (!file)
        return fb_err_nomem(err, "lists");
    o.scope = (enum fb_list_scope)p->scope;
    enum fb_status st = fb_lists_policy_check(p, err);
    if (st == FB_OK)
        st = read_all(paths, n, p, file, err);
    if (st == FB_OK)
        st = fb_list_set_new(&o, out, err);
    if (described)
        fb_buf_putc(described, '[');
    for (int i = 0; i < all && st == FB_OK; i++) {
        if (described)
            describe(described, &file[i], i == 0);
        st = fb_list_set_add(*out, file[i].list, err);
        free(file[i].bytes);
        file[i].bytes = NULL;
    }
    if (described)
        fb_buf_putc(described, ']');
    if (st == FB_OK) {
        fb_list_set_choose(*out, p->names.item, p->names.n);
        st = fb_list_set_build(*out, err);
    }
    if (st == FB_OK)
        st = fb_lists_trust_remember(p, file, n, err);
    size_t added = *out ? fb_list_set_files(*out, &(struct fb_list_file *const *){NULL}) : 0;
    for (int i = 0; i < all; i++) {
        if ((size_t)i < added)
            file[i].list = NULL;
        fb_lists_file_release(&file[i]);
    }
    free(file);
    if (st != FB_OK) {
        fb_list_set_free(*out);
        *out = NULL;
    }
    return st;
}
