#include "base/escape.h"
#include "cli/custody_entry.h"
#include "cli/message.h"
#include "cli/options.h"
#include "cli/passphrase.h"
#include "cli/verbs/verbs.h"
#include "store/edit.h"
#include "store/seal.h"

#include <sodium/utils.h>

struct seal_args {
    const char *new_key, *name, *title, *examiner;
    struct fb_opt_list keys, passphrases;
};

static int make_key(const struct seal_args *a)
{
    struct fb_err err = {0};
    struct fb_custody_entry who;
    struct fb_passphrase pass = {.n = 0};
    const char *file = a->passphrases.n ? a->passphrases.item[0] : NULL;
    fb_custody_entry_fill(&who, "", NULL, a->name ? a->name : a->examiner);
    enum fb_status st = fb_passphrase_get(file, "passphrase for the new key: ", true, &pass, &err);
    if (st == FB_OK)
        st = fb_key_create(a->new_key, who.who, pass.text, pass.n, FB_KEY_COST_USUAL, &err);
    fb_passphrase_wipe(&pass);
    if (st != FB_OK)
        return fb_cli_fail(&err);
    fb_cli_tell("secret key      %s", a->new_key);
    fb_cli_tell("public key      %s.pub", a->new_key);
    return FB_EXIT_OK;
}

/* The i-th passphrase file belongs to the i-th key; the last one also to those behind it. */
static enum fb_status load_keys(const struct seal_args *a, struct fb_sign_key *key, struct fb_err *err)
{
    for (size_t i = 0; i < a->keys.n; i++) {
        struct fb_passphrase pass = {.n = 0};
        char prompt[300];
        size_t at = i < a->passphrases.n ? i : a->passphrases.n - 1;
        snprintf(prompt, sizeof prompt, "passphrase for %.250s: ", a->keys.item[i]);
        enum fb_status st =
            fb_passphrase_get(a->passphrases.n ? a->passphrases.item[at] : NULL, prompt, false, &pass, err);
        if (st == FB_OK)
            st = fb_key_load(a->keys.item[i], pass.text, pass.n, &key[i], err);
        fb_passphrase_wipe(&pass);
        FB_TRY(st);
        for (size_t k = 0; k < i; k++)
            if (memcmp(key[k].id.pub, key[i].id.pub, FB_PUBLIC_LEN) == 0)
                return fb_err_set(err, FB_ERR_USAGE, "%s: this key is given twice", a->keys.item[i]);
    }
    return FB_OK;
}

static void put_options(struct fb_buf *out, const struct seal_args *a, const struct fb_sign_key *key)
{
    char hex[FB_DIGEST_HEXLEN];
    fb_buf_puts(out, "{\"examiner\":");
    fb_escape_json(out, a->examiner ? a->examiner : "", a->examiner ? strlen(a->examiner) : 0);
    fb_buf_puts(out, ",\"keys\":[");
    for (size_t i = 0; i < a->keys.n; i++) {
        fb_hex(key[i].id.pub, FB_PUBLIC_LEN, hex);
        fb_buf_printf(out, "%s\"%s\"", i ? "," : "", hex);
    }
    fb_buf_puts(out, "],\"title\":");
    fb_escape_json(out, a->title ? a->title : "", a->title ? strlen(a->title) : 0);
    fb_buf_putc(out, '}');
}

static enum fb_status seal_or_sign(const char *path, const struct seal_args *a, const struct fb_sign_key *key,
                                   bool *again, struct fb_err *err)
{
    const struct fb_sign_key *keys[FB_SEAL_KEYS_MAX];
    struct fb_case *c = NULL;
    struct fb_case_info info;
    struct fb_custody_entry e;
    struct fb_buf options, params;
    fb_buf_init(&options, (size_t)1 << 20);
    fb_buf_init(&params, (size_t)16 << 20);
    put_options(&options, a, key);
    fb_custody_put_params(&params, fb_buf_cstr(&options));
    fb_custody_entry_fill(&e, "seal", fb_buf_cstr(&params), a->examiner);
    for (size_t i = 0; i < a->keys.n; i++)
        keys[i] = &key[i];
    enum fb_status st = fb_edit_recover(path, err);
    if (st == FB_OK)
        st = fb_case_open(path, &c, err);
    if (st == FB_OK)
        st = fb_case_info(c, &info, err);
    fb_case_close(c);
    *again = st == FB_OK && info.sealed;
    if (*again) {
        e.what = "sign";
        for (size_t i = 0; i < a->keys.n && st == FB_OK; i++)
            st = fb_seal_sign_again(path, keys[i], &e, err);
    } else if (st == FB_OK) {
        struct fb_seal_opts o = {keys, a->keys.n, a->title, a->examiner, &e};
        st = fb_seal(path, &o, err);
    }
    fb_buf_release(&options);
    fb_buf_release(&params);
    return st;
}

static int seal(const char *path, const struct seal_args *a)
{
    struct fb_err err = {0};
    struct fb_sign_key key[FB_SEAL_KEYS_MAX];
    bool again = false;
    if (a->keys.n > FB_SEAL_KEYS_MAX)
        return fb_cli_usage("seal", "more than %d keys", FB_SEAL_KEYS_MAX);
    enum fb_status st = load_keys(a, key, &err);
    if (st == FB_OK)
        st = seal_or_sign(path, a, key, &again, &err);
    for (size_t i = 0; st == FB_OK && i < a->keys.n; i++) {
        char hex[FB_DIGEST_HEXLEN];
        struct fb_buf name;
        fb_buf_init(&name, 1024);
        fb_hex(key[i].id.pub, FB_PUBLIC_LEN, hex);
        fb_escape_term(&name, key[i].id.name, strlen(key[i].id.name));
        printf("%s       %s, key %s\n", again ? "signed   " : "sealed by", fb_buf_cstr(&name), hex);
        fb_buf_release(&name);
    }
    sodium_memzero(key, sizeof key);
    return st == FB_OK ? FB_EXIT_OK : fb_cli_fail(&err);
}

int fb_verb_seal(int argc, char **argv)
{
    struct seal_args a = {0};
    const struct fb_opt opts[] = {
        {'k', "key", FB_OPT_LIST, &a.keys, "FILE", NULL,
         "secret key to sign with; may be given several times"},
        {0, "new-key", FB_OPT_TEXT, &a.new_key, "FILE", NULL,
         "make a key pair, FILE and FILE.pub, and nothing else"},
        {0, "name", FB_OPT_TEXT, &a.name, "NAME", NULL, "whose the new key is; default: the user"},
        {0, "passphrase-file", FB_OPT_LIST, &a.passphrases, "FILE", NULL,
         "its first line is the passphrase; the i-th for the i-th key"},
        {0, "title", FB_OPT_TEXT, &a.title, "TEXT", NULL, "title of the case"},
        {0, "examiner", FB_OPT_TEXT, &a.examiner, "NAME", NULL, "who seals; default: the user"},
        {0},
    };
    static const struct fb_cli_help help = {
        "seal", "CASE --key FILE [options]\n       fbforensics seal --new-key FILE",
        "Checks a case, adds the last custody record and a manifest, signs it with Ed25519 and makes the "
        "file read-only.\n"
        "A sealed case is not written again: notes, tags and further signatures go to NAME.fbnotes beside "
        "it.\n"
        "The passphrase of a key comes from --passphrase-file, FB_PASSPHRASE or the terminal.",
        "  fbforensics seal --new-key alice.key --name 'Alice Doe'\n"
        "  fbforensics seal office.fbcase --key alice.key --title 'Office, March 2024'\n"
        "  fbforensics seal office.fbcase --key bob.key      # one more signature\n"};
    int nargs, code = fb_cli_parse(&help, opts, argc, argv, &nargs);
    if (code < 0 && a.new_key)
        code = nargs || a.keys.n ? fb_cli_usage(help.verb, "--new-key stands alone") : make_key(&a);
    else if (code < 0 && nargs != 1)
        code = fb_cli_usage(help.verb, "one case is needed, or --new-key FILE");
    else if (code < 0 && a.keys.n == 0)
        code = fb_cli_usage(help.verb, "--key FILE is needed; seal --new-key FILE makes one");
    else if (code < 0)
        code = seal(argv[0], &a);
    fb_opt_list_release(&a.keys);
    fb_opt_list_release(&a.passphrases);
    return code;
}
