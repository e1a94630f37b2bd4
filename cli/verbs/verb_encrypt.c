#include "cli/keyfile.h"
#include "cli/message.h"
#include "cli/options.h"
#include "cli/unlock.h"
#include "cli/verbs/verbs.h"

#include <sodium.h>
#include <unistd.h>

static enum fb_status new_key(const char *path, struct fb_err *err)
{
    uint8_t secret[FB_KEYFILE_BYTES], pub[FB_KEYFILE_BYTES];
    struct fb_buf name;
    if (sodium_init() < 0)
        return fb_err_set(err, FB_ERR_IO, "there is no source of random numbers");
    crypto_box_keypair(pub, secret);
    fb_buf_init(&name, 1u << 16);
    fb_buf_puts(&name, path);
    fb_buf_puts(&name, ".pub");
    enum fb_status st = fb_keyfile_write(path, FB_KEYFILE_SECRET, secret, err);
    if (st == FB_OK) {
        st = fb_keyfile_write(fb_buf_cstr(&name), FB_KEYFILE_PUBLIC, pub, err);
        if (st != FB_OK)
            unlink(path);
    }
    sodium_memzero(secret, sizeof secret);
    char hex[2 * FB_KEYFILE_BYTES + 1];
    sodium_bin2hex(hex, sizeof hex, pub, sizeof pub);
    if (st == FB_OK)
        printf("public key      %s\n", hex);
    fb_buf_release(&name);
    return st;
}

/* A case that is whole and at rest: nobody writes to it, and all of it lies in the one file. */
static enum fb_status check_case(const char *path, struct fb_err *err)
{
    struct fb_case *c = NULL;
    struct fb_case_info info;
    enum fb_status st = fb_case_open(path, &c, err);
    if (st == FB_OK)
        st = fb_case_info(c, &info, err);
    if (st == FB_OK && !info.complete)
        st = fb_err_set(err, FB_ERR_INPUT,
                        "%s: the case is incomplete; only a finished case can be encrypted", path);
    fb_case_close(c);
    return st;
}

static enum fb_status read_recipients(const struct fb_opt_list *list, uint8_t (*key)[FB_ENC_KEY_BYTES],
                                      struct fb_err *err)
{
    for (size_t i = 0; i < list->n; i++)
        if (!fb_keyfile_parse_hex(list->item[i], key[i]))
            FB_TRY(fb_keyfile_read(list->item[i], FB_KEYFILE_PUBLIC, key[i], err));
    return FB_OK;
}

static enum fb_status encrypt(const char *path, const char *to, const struct fb_opt_list *recipients,
                              const struct fb_unlock *u, struct fb_err *err)
{
    uint8_t key[FB_ENC_RECIPIENTS_MAX][FB_ENC_KEY_BYTES];
    char passphrase[FB_ENC_PASSPHRASE_MAX + 1];
    struct fb_enc_to who = {.recipient = (const uint8_t(*)[FB_ENC_KEY_BYTES])key,
                            .nrecipients = recipients->n};
    FB_TRY(check_case(path, err));
    FB_TRY(read_recipients(recipients, key, err));
    if (recipients->n == 0 || u->passphrase_file) {
        enum fb_status st = fb_unlock_passphrase(u, true, passphrase, err);
        if (st != FB_OK) {
            sodium_memzero(passphrase, sizeof passphrase);
            return st;
        }
        who.passphrase = passphrase;
    }
    enum fb_status st = fb_encrypt_file(path, to, &who, err);
    sodium_memzero(passphrase, sizeof passphrase);
    return st;
}

int fb_verb_encrypt(int argc, char **argv)
{
    const char *to = NULL, *key = NULL;
    struct fb_opt_list recipients = {0};
    struct fb_unlock u = {0};
    const struct fb_opt opts[] = {
        {'o', "output", FB_OPT_TEXT, &to, "OUT", NULL, "the encrypted case, a new file (needed)"},
        {'r', "recipient", FB_OPT_LIST, &recipients, "KEY", NULL,
         "a file with a public key, or its 64 hexadecimal digits; may be repeated"},
        {0, "passphrase-file", FB_OPT_TEXT, &u.passphrase_file, "FILE", NULL,
         "first line: the passphrase (else the terminal is asked when there is no recipient)"},
        {0, "new-key", FB_OPT_TEXT, &key, "FILE", NULL,
         "make a key pair instead: the secret key in FILE, the public one in FILE.pub"},
        {0},
    };
    static const struct fb_cli_help help = {
        "encrypt", "CASE -o CASE.fbenc [--recipient KEY...] | --new-key FILE",
        "Writes an encrypted copy of a finished case. It opens with the passphrase, or with the secret key "
        "of\n"
        "any recipient, and is then read in memory: the verbs that read a case take it as it is. The case "
        "that\n"
        "was given stays as it is.",
        "  fbforensics encrypt office.fbcase -o office.fbenc\n"
        "  fbforensics encrypt --new-key anna.key\n"
        "  fbforensics encrypt office.fbcase -r anna.key.pub -r boris.key.pub -o office.fbenc\n"
        "  fbforensics sessions office.fbenc --identity anna.key\n"};
    int nargs, code = fb_cli_parse(&help, opts, argc, argv, &nargs);
    if (code < 0 && key && (nargs || to || recipients.n || u.passphrase_file))
        code = fb_cli_usage(help.verb, "--new-key stands alone");
    else if (code < 0 && !key && (nargs != 1 || !to))
        code = fb_cli_usage(help.verb, "one case and -o OUT are needed");
    else if (code < 0 && recipients.n > FB_ENC_RECIPIENTS_MAX)
        code = fb_cli_usage(help.verb, "no more than %d recipients", FB_ENC_RECIPIENTS_MAX);
    if (code < 0) {
        struct fb_err err = {0};
        enum fb_status st = key ? new_key(key, &err) : encrypt(argv[0], to, &recipients, &u, &err);
        code = st == FB_OK ? FB_EXIT_OK : fb_cli_fail(&err);
    }
    fb_opt_list_release(&recipients);
    return code;
}
