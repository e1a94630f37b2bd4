/* lists sign, verify, keygen. */
#include "base/buf.h"
#include "cli/custody_entry.h"
#include "cli/lists_load.h"
#include "cli/lists_verbs.h"
#include "cli/message.h"
#include "cli/passphrase.h"
#include "store/sign_key.h"

#include <sodium/utils.h>

int fb_lists_keygen(int argc, char **argv)
{
    const char *name = NULL, *file = NULL;
    const struct fb_opt opts[] = {
        {0, "name", FB_OPT_TEXT, &name, "NAME", NULL, "whose the key is; default: the user"},
        {0, "passphrase-file", FB_OPT_TEXT, &file, "FILE", NULL, "its first line is the passphrase"},
        {0}};
    static const struct fb_cli_help help = {
        "lists keygen", "FILE [--name NAME]",
        "Makes a key pair to sign lists with: FILE, locked with a passphrase, and FILE.pub.\n"
        "Keys of `seal --new-key` are of the same kind.",
        "  fbforensics lists keygen feed.key --name 'Feed team'\n"};
    int nargs, code = fb_cli_parse(&help, opts, argc, argv, &nargs);
    if (code >= 0)
        return code;
    if (nargs != 1)
        return fb_cli_usage(help.verb, "a file is needed");
    struct fb_err err = {0};
    struct fb_custody_entry who;
    struct fb_passphrase pass = {.n = 0};
    fb_custody_entry_fill(&who, "", NULL, name);
    enum fb_status st = fb_passphrase_get(file, "passphrase for the new key: ", true, &pass, &err);
    if (st == FB_OK)
        st = fb_key_create(argv[0], who.who, pass.text, pass.n, FB_KEY_COST_USUAL, &err);
    fb_passphrase_wipe(&pass);
    if (st != FB_OK)
        return fb_cli_fail(&err);
    fb_cli_tell("secret key      %s", argv[0]);
    fb_cli_tell("public key      %s.pub", argv[0]);
    return FB_EXIT_OK;
}

static enum fb_status sign(const char *path, const char *key_file, const char *pass_file, struct fb_buf *out,
                           struct fb_err *err)
{
    struct fb_list_read_opts o = {.strict = false};
    struct fb_list_file *list = NULL;
    struct fb_passphrase pass = {.n = 0};
    struct fb_sign_key key;
    uint8_t *bytes;
    size_t n;
    FB_TRY(fb_lists_read_bytes(path, &bytes, &n, err));
    enum fb_status st = fb_list_read(bytes, n, path, &o, &list, err);
    if (st == FB_OK && list->form != FB_LIST_WHITELIST && list->form != FB_LIST_BLACKLIST)
        st = fb_err_set(err, FB_ERR_INPUT,
                        "%s: %s has no place for a signature; lists import makes JSON of it", path,
                        fb_list_form_name(list->form));
    fb_list_file_free(list);
    if (st == FB_OK)
        st = fb_passphrase_get(pass_file, "passphrase: ", false, &pass, err);
    if (st == FB_OK)
        st = fb_key_load(key_file, pass.text, pass.n, &key, err);
    fb_passphrase_wipe(&pass);
    if (st == FB_OK) {
        st = fb_list_sign(bytes, n, key.sec, out, err);
        fb_key_wipe(&key);
    }
    free(bytes);
    return st;
}

int fb_lists_sign(int argc, char **argv)
{
    const char *key = NULL, *out_path = NULL, *pass = NULL;
    const struct fb_opt opts[] = {
        {'k', "key", FB_OPT_TEXT, &key, "FILE", NULL, "secret key to sign with"},
        {0, "passphrase-file", FB_OPT_TEXT, &pass, "FILE", NULL, "its first line is the passphrase"},
        {'o', "output", FB_OPT_TEXT, &out_path, "FILE", NULL, "a new file; default: standard output"},
        {0}};
    static const struct fb_cli_help help = {
        "lists sign", "LIST --key FILE [-o FILE]",
        "Writes the list with its signature: Ed25519 over the canonical JSON (RFC 8785) of everything else "
        "in it.",
        "  fbforensics lists sign corporate.json --key feed.key -o corporate.signed.json\n"};
    int nargs, code = fb_cli_parse(&help, opts, argc, argv, &nargs);
    if (code >= 0)
        return code;
    if (nargs != 1 || !key)
        return fb_cli_usage(help.verb, "one list and --key FILE are needed");
    struct fb_err err = {0};
    struct fb_buf out;
    fb_buf_init(&out, (size_t)2 << 30);
    code = sign(argv[0], key, pass, &out, &err) == FB_OK ? fb_lists_save(out_path, &out) : fb_cli_fail(&err);
    fb_buf_release(&out);
    return code;
}

static enum fb_status verify(const char *path, const struct fb_lists_policy *p,
                             const struct fb_lists_keys *keys, struct fb_err *err)
{
    struct fb_lists_file f;
    FB_TRY(fb_lists_read(path, p, keys, &f, err));
    enum fb_status st = FB_OK;
    if (f.state == FB_LIST_SIG_GOOD)
        fb_cli_tell("%s: good signature of key %s", path, f.key.id);
    else if (f.state == FB_LIST_SIG_INTEGRITY)
        fb_cli_tell("%s: whole, by its SHA-256; who made it is not proven", path);
    else
        st = fb_err_set(err, FB_ERR_VERIFY, "%s: not signed", path);
    if (st == FB_OK && p->trust_file)
        st = fb_lists_trust_remember(p, &f, 1, err);
    fb_lists_file_release(&f);
    return st;
}

int fb_lists_verify(int argc, char **argv)
{
    struct fb_lists_policy p = {.strict = false};
    const struct fb_opt opts[] = {FB_LISTS_TRUST_OPTIONS(p), {0}};
    static const struct fb_cli_help help = {
        "lists verify", "LIST... [--key FILE | --keys DIR] [options]",
        "Checks signatures in lists and minisign files beside them (LIST.minisig). Exit code 5 when one does "
        "not hold, is "
        "not there,\nor is of a key that is not trusted. Dates are remembered only with --trust-file.",
        "  fbforensics lists verify corporate.json --key feed.key.pub\n"};
    int nargs, code = fb_cli_parse(&help, opts, argc, argv, &nargs);
    if (code < 0 && nargs == 0)
        code = fb_cli_usage(help.verb, "a list is needed");
    struct fb_err err = {0};
    struct fb_lists_keys keys = {NULL, 0, 0};
    if (code < 0)
        code = fb_lists_keys_load(&p, &keys, &err) == FB_OK ? FB_EXIT_OK : fb_cli_fail(&err);
    for (int i = 0; code == FB_EXIT_OK && i < nargs; i++)
        if (verify(argv[i], &p, &keys, &err) != FB_OK)
            code = fb_cli_fail(&err);
    free(keys.key);
    fb_lists_policy_release(&p);
    return code;
}
