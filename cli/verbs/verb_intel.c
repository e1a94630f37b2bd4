/* fbforensics intel: what is known about the owners of addresses, MACs and ports, in one pack. */
#include "cli/intel_install.h"
#include "cli/intel_lookup.h"
#include "cli/message.h"
#include "cli/options.h"
#include "cli/verbs/verbs.h"

#include <string.h>

static const struct part {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *help;
} PARTS[] = {
    {"install", fb_intel_install, "data sets that lie on disk into a pack"},
    {"info", fb_intel_info, "the data sets of a pack"},
    {"verify", fb_intel_verify, "check a pack"},
    {"lookup", fb_intel_lookup, "what a pack says about addresses, MACs and ports"},
};
#define NPARTS (sizeof PARTS / sizeof *PARTS)

static int print_help(void)
{
    fputs(
        "usage: fbforensics intel install|info|verify|lookup ...\n\n"
        "Intelligence packs: AS number, country and owner of addresses, vendors of MACs, names of services,\n"
        "known vulnerabilities. Nothing is fetched.\n\nsubcommands:\n",
        stdout);
    for (size_t i = 0; i < NPARTS; i++)
        printf("  %-8s %s\n", PARTS[i].name, PARTS[i].help);
    fputs("\nfbforensics intel WORD --help says more about each.\n\n"
          "exit codes: 0 done, 2 usage, 4 input unusable, 5 verification failed, 70 internal "
          "error\n\nexamples:\n"
          "  fbforensics intel install node_modules/@ip-location-db/asn /etc/services\n"
          "  fbforensics intel lookup 1.1.1.1\n",
          stdout);
    return FB_EXIT_OK;
}

int fb_verb_intel(int argc, char **argv)
{
    const char *names[NPARTS];
    if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0))
        return print_help();
    if (argc < 2)
        return fb_cli_usage("intel", "install, info, verify or lookup?");
    for (size_t i = 0; i < NPARTS; i++) {
        if (strcmp(argv[1], PARTS[i].name) == 0)
            return PARTS[i].run(argc - 1, argv + 1);
        names[i] = PARTS[i].name;
    }
    const char *near = fb_cli_nearest(argv[1], names, NPARTS);
    if (near)
        return fb_cli_usage("intel", "\"%s\" is not known; did you mean %s?", argv[1], near);
    return fb_cli_usage("intel", "\"%s\" is none of install, info, verify and lookup", argv[1]);
}
