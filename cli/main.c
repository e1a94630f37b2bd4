/* fbforensics: the table of verbs and what stands before them. */
#include "base/memory.h"
#include "cli/ingest_run.h"
#include "cli/message.h"
#include "cli/options.h"
#include "cli/verbs/verbs.h"
#include "cli/versions.h"
#include "store/vtab_features.h"

#include <openssl/crypto.h>
#include <signal.h>
#include <sys/stat.h>

static const struct verb {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *help;
} VERBS[] = {
    {"ingest", fb_verb_ingest, "captures into a case file"},
    {"info", fb_verb_info, "evidence, counts, damage and digests of a case"},
    {"sessions", fb_verb_sessions, "the sessions as a table, JSON lines, CSV or Zeek's conn.log"},
    {"show", fb_verb_show, "all that is known about one session"},
    {"packets", fb_verb_packets, "the packets of sessions, cut out of the original evidence"},
    {"sql", fb_verb_sql, "a SELECT over the case"},
    {"note", fb_verb_note, "a note on a session, a host or a finding"},
    {"tag", fb_verb_tag, "tags and a verdict on a session, a host or a finding"},
    {"notes", fb_verb_notes, "the notes, tags and verdicts of a case"},
    {"seal", fb_verb_seal, "sign a case and make it read-only; make a key"},
    {"verify", fb_verb_verify, "check a case, its signatures and its evidence"},
    {"export", fb_verb_export, "all sessions in a format for other programs"},
    {"encrypt", fb_verb_encrypt, "an encrypted copy of a case, which the verbs above read as it is"},
    {"decrypt", fb_verb_decrypt, "the case out of an encrypted one"},
    {"retain", fb_verb_retain, "removes sessions older than a time from a case, on record"},
    {"migrate", fb_verb_migrate, "a copy of a case of an older version, in the format of this one"},
    {"replay", fb_verb_replay, "a case built again and compared, or a capture as it unfolds"},
    {"merge", fb_verb_merge, "cases of one analysis into one"},
    {"hosts", fb_verb_hosts, "the devices behind the addresses, and how that is known"},
    {"names", fb_verb_names, "names that the traffic gave to addresses, and who said so"},
    {"dns", fb_verb_dns, "DNS transactions: who asked for which name, and what the answer was"},
    {"diff", fb_verb_diff, "what changed between two cases or captures"},
    {"intel", fb_verb_intel, "owners of addresses, vendors, services, vulnerabilities: packs"},
    {"features", fb_verb_features, "the features that the model sees of a session"},
    {"findings", fb_verb_findings, "what a person should look at, worst first"},
    {"explain", fb_verb_explain, "why a session has its anomaly score"},
    {"score", fb_verb_score, "anomaly scores and findings, as a new layer of a case"},
    {"train", fb_verb_train, "a model out of cases or captures"},
    {"model", fb_verb_model, "what a model is, whether it is whole, how two differ"},
    {"lists", fb_verb_lists, "whitelists, blacklists, feeds: check, sign, apply, make"},
    {"suppress", fb_verb_suppress, "an entry of a whitelist out of a session, with the reason"},
};
#define NVERBS (sizeof VERBS / sizeof *VERBS)

static int print_help(void)
{
    fputs("usage: fbforensics VERB ...\n"
          "       fbforensics FILE...     read captures and print a summary; nothing is written\n\n"
          "Network captures into sessions, kept in one case file that can be queried.\n"
          "Every verb that takes a case also takes captures: files, directories, or - for standard "
          "input.\n\nverbs:\n",
          stdout);
    for (size_t i = 0; i < NVERBS; i++)
        printf("  %-10s %s\n", VERBS[i].name, VERBS[i].help);
    fputs("\nfbforensics VERB --help says more about each; --version prints the versions of all parts.\n"
          "exit codes: 0 done, 1 findings (--fail-on), 2 usage, 3 evidence damaged but used, 4 input "
          "unusable, 5 verification failed,\n"
          "70 internal error\n\nexamples:\n"
          "  fbforensics office.pcapng\n"
          "  fbforensics ingest captures/ -o office.fbcase\n"
          "  fbforensics sessions office.fbcase --sort bytes-desc --limit 20\n",
          stdout);
    return FB_EXIT_OK;
}

static int print_version(void)
{
    printf("fbforensics %s\n", FB_VERSION);
    struct fb_lib_version v;
    for (size_t i = 0; fb_lib_version(i, &v); i++)
        printf("%s %s\n", v.name, v.version);
    return FB_EXIT_OK;
}

static int unknown_verb(const char *word)
{
    const char *names[NVERBS];
    for (size_t i = 0; i < NVERBS; i++)
        names[i] = VERBS[i].name;
    const char *near = fb_cli_nearest(word, names, NVERBS);
    if (near)
        return fb_cli_usage(NULL, "\"%s\" is neither a verb nor a file; did you mean %s?", word, near);
    return fb_cli_usage(NULL, "\"%s\" is neither a verb nor a file", word);
}

static int dispatch(int argc, char **argv)
{
    const char *word = argv[1];
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)
        return print_help();
    if (strcmp(word, "--version") == 0)
        return print_version();
    if (strcmp(word, "help") == 0 && argc == 2)
        return print_help();
    for (size_t i = 0; i < NVERBS; i++)
        if (strcmp(word, VERBS[i].name) == 0)
            return VERBS[i].run(argc - 1, argv + 1);
    struct stat st;
    bool is_option = word[0] == '-' && word[1] != '\0';
    if (!is_option && strcmp(word, "-") != 0 && stat(word, &st) != 0 && !strchr(word, '/') &&
        !strchr(word, '.'))
        return unknown_verb(word);
    return fb_verb_summary(argc, argv);
}

/* libcrypto cannot tell "out of memory" from "does not decrypt"; its failures are counted like our own. */
static void *crypto_malloc(size_t n, const char *file, int line)
{
    (void)file, (void)line;
    return fb_malloc(n);
}

static void *crypto_realloc(void *p, size_t n, const char *file, int line)
{
    (void)file, (void)line;
    return fb_realloc(p, n);
}

static void crypto_free(void *p, const char *file, int line)
{
    (void)file, (void)line;
    free(p);
}

int main(int argc, char **argv)
{
    CRYPTO_set_mem_functions(crypto_malloc, crypto_realloc, crypto_free);
    fb_case_set_features(&fb_model_feature_source);
    signal(SIGPIPE, SIG_IGN); /* a reader that goes away is seen as EPIPE */
    if (argc < 2) {
        fputs("usage: fbforensics VERB ..., or fbforensics FILE...; see: fbforensics --help\n", stderr);
        return FB_EXIT_USAGE;
    }
    /* The parser moves arguments about; custody wants them as they came. */
    char **copy = calloc((size_t)argc + 1, sizeof *copy);
    if (!copy) {
        fb_cli_say("out of memory for the command line");
        return FB_EXIT_INTERNAL;
    }
    memcpy(copy, argv, (size_t)argc * sizeof *copy);
    fb_ingest_set_argv(argc, copy);
    int code = dispatch(argc, argv);
    if (fflush(stdout) != 0 && code == FB_EXIT_OK)
        code = FB_EXIT_INPUT;
    free(copy);
    return code;
}
