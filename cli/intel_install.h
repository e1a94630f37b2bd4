/* `intel install`: data sets that lie on disk into one pack. */
#ifndef FB_CLI_INTEL_INSTALL_H
#define FB_CLI_INTEL_INSTALL_H

int fb_intel_install(int argc, char **argv);

#endif
