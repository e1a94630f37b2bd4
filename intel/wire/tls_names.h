/* Names of TLS's registered values, as Zeek prints them. Static text, or put together in `buf`. */
#ifndef FB_INTEL_TLS_NAMES_H
#define FB_INTEL_TLS_NAMES_H

#include <stdint.h>

#define FB_TLS_NAME_MAX 24

const char *fb_tls_cipher_name(uint16_t value, char buf[static FB_TLS_NAME_MAX]);
const char *fb_tls_group_name(uint16_t value, char buf[static FB_TLS_NAME_MAX]);
const char *fb_tls_alert_name(uint8_t value, char buf[static FB_TLS_NAME_MAX]);
const char *fb_tls_version_name(uint16_t value, char buf[static FB_TLS_NAME_MAX]);

#endif
