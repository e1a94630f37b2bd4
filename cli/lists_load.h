/* Lists from files on their way into a set: read, signature and date checked, built. One thread. */
#ifndef FB_CLI_LISTS_LOAD_H
#define FB_CLI_LISTS_LOAD_H

#include "cli/intel_find.h"
#include "cli/options.h"
#include "intel/lists/list_set.h"
#include "intel/lists/list_sign.h"

struct fb_lists_policy {
    struct fb_list_set_opts set;
    int scope; /* enum fb_list_scope, as the option has it */
    bool strict, require_signature, allow_rollback, builtin, quiet;
    const char *keys_dir, *trust_file; /* NULL: the usual places */
    const char *intel;                 /* pack that knows the owners of addresses, as --intel has it */
    bool by_kind; /* of the files, the first nwhite are whitelists, the rest blacklists */
    int nwhite;
    struct fb_opt_list keys, names;
    struct fb_opt_list local; /* networks, as --local has them; none: the evidence decides */
};
void fb_lists_policy_release(struct fb_lists_policy *p);

extern const char *const fb_lists_scopes[];

/* Which sessions, and which names. */
#define FB_LISTS_SCOPE_OPTIONS(p)                                                                            \
    {0,                                                                                                      \
     "scope",                                                                                                \
     FB_OPT_CHOICE,                                                                                          \
     &(p).scope,                                                                                             \
     "WHICH",                                                                                                \
     fb_lists_scopes,                                                                                        \
     "sessions that whitelists judge: all, egress"},                                                         \
        {0,                                                                                                  \
         "local",                                                                                            \
         FB_OPT_LIST,                                                                                        \
         &(p).local,                                                                                         \
         "NET,...",                                                                                          \
         NULL,                                                                                               \
         "exactly these networks are local, for --scope egress; by default the evidence decides"},           \
    {                                                                                                        \
        0, "trust-ptr", FB_OPT_FLAG, &(p).set.trust_ptr, NULL, NULL, "names from PTR records satisfy rules"  \
    }

/* Which lists. */
#define FB_LISTS_CHOICE_OPTIONS(p)                                                                           \
    {0, "name", FB_OPT_LIST, &(p).names, "NAME", NULL, "only this whitelist and what it extends"},           \
    {                                                                                                        \
        0, "builtin", FB_OPT_FLAG, &(p).builtin, NULL, NULL, "also the built-in whitelist of infrastructure" \
    }

/* Options of everything that judges by lists. */
#define FB_LISTS_OPTIONS(p)                                                                                  \
    FB_LISTS_SCOPE_OPTIONS(p),                                                                               \
        {0,                                                                                                  \
         "match-local",                                                                                      \
         FB_OPT_FLAG,                                                                                        \
         &(p).set.match_local,                                                                               \
         NULL,                                                                                               \
         NULL,                                                                                               \
         "feeds match private, loopback, link-local and multicast ends too"},                                \
        FB_LISTS_CHOICE_OPTIONS(p), FB_LISTS_TRUST_OPTIONS(p)

#define FB_LISTS_TRUST_OPTIONS(p)                                                                            \
    {0, "strict", FB_OPT_FLAG, &(p).strict, NULL, NULL, "an entry that cannot be read is an error"},         \
        {0,                                                                                                  \
         "require-signature",                                                                                \
         FB_OPT_FLAG,                                                                                        \
         &(p).require_signature,                                                                             \
         NULL,                                                                                               \
         NULL,                                                                                               \
         "refuse what no trusted key signed"},                                                               \
        {0, "key", FB_OPT_LIST, &(p).keys, "FILE", NULL, "a public key that is trusted"},                    \
        {0, "keys", FB_OPT_TEXT, &(p).keys_dir, "DIR", NULL, "folder of trusted keys"},                      \
        {0,                                                                                                  \
         "trust-file",                                                                                       \
         FB_OPT_TEXT,                                                                                        \
         &(p).trust_file,                                                                                    \
         "FILE",                                                                                             \
         NULL,                                                                                               \
         "remembers the newest date of each list"},                                                          \
    {                                                                                                        \
        0, "allow-rollback", FB_OPT_FLAG, &(p).allow_rollback, NULL, NULL,                                   \
            "take a list older than the last one"                                                            \
    }

/* A file that was read, with what its signature says. */
struct fb_lists_file {
    uint8_t *bytes; /* owned; NULL once the list was taken */
    size_t n;
    struct fb_list_file *list; /* owned until it goes into a set */
    enum fb_list_signed state;
    struct fb_list_key key; /* that signed it */
    bool has_time;          /* when it is of: by its date, else by what minisign signed beside it */
    int64_t time_ns;
};

struct fb_lists_keys {
    struct fb_list_key *key;
    size_t n, cap;
};

/* The keys given and those of the folder. */
enum fb_status fb_lists_keys_load(const struct fb_lists_policy *p, struct fb_lists_keys *out,
                                  struct fb_err *err);

/* The bytes of a regular file of at most 1 GiB. */
enum fb_status fb_lists_read_bytes(const char *path, uint8_t **bytes, size_t *n, struct fb_err *err);

/* FB_ERR_USAGE when --local names what is no network, or has no meaning without --scope egress. */
enum fb_status fb_lists_policy_check(const struct fb_lists_policy *p, struct fb_err *err);

/* Reads one list and checks it by the policy; nothing is remembered. */
enum fb_status fb_lists_read(const char *path, const struct fb_lists_policy *p,
                             const struct fb_lists_keys *keys, struct fb_lists_file *out, struct fb_err *err);
void fb_lists_file_release(struct fb_lists_file *f);

/* All of them as a set that is built. What was skipped is said on stderr unless `quiet`. Dates of signed
 * lists are remembered at the end, when nothing can fail any more. `signed_json` (may be NULL) gets an array
 * that says what was loaded: name, form, SHA-256, date, entries, skipped, signature. */
enum fb_status fb_lists_load(char **paths, int n, const struct fb_lists_policy *p, struct fb_list_set **out,
                             struct fb_buf *described, struct fb_err *err);

/* ---- lists_trust.c ---- */

/* Refuses a signed list that is older than the newest one accepted with its key and name, or that has no date
 * where that one had (FB_ERR_VERIFY). */
enum fb_status fb_lists_trust_check(const struct fb_lists_policy *p, const struct fb_lists_file *f,
                                    struct fb_err *err);
/* Remembers the dates of these lists; the file is written anew and put in place at once. */
enum fb_status fb_lists_trust_remember(const struct fb_lists_policy *p, const struct fb_lists_file *f, int n,
                                       struct fb_err *err);

/* The built-in whitelist, and what stands in the place of its file. */
#define FB_LISTS_BUILTIN_NAME "built-in"
extern const char fb_lists_builtin[];

#endif
