/* `intel lookup` and `intel info`: what a pack says, and what it is made of. */
#ifndef FB_CLI_INTEL_LOOKUP_H
#define FB_CLI_INTEL_LOOKUP_H

int fb_intel_lookup(int argc, char **argv);
int fb_intel_info(int argc, char **argv);
int fb_intel_verify(int argc, char **argv);

#endif
