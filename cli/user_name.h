/* Who runs the program, for the custody log. */
#ifndef FB_CLI_USER_NAME_H
#define FB_CLI_USER_NAME_H

#define FB_USER_NAME_MAX 256

/* The name of the effective user as /etc/passwd has it, "uid N" otherwise. The C library's look-up is not
 * used: it may ask a directory service over the network, and glibc's crashes when memory runs out inside of
 * it. One thread. */
void fb_user_name(char out[static FB_USER_NAME_MAX]);

#endif
