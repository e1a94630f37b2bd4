#include "intel/wire/x509_def.h"

static const struct fb_rec_col cols[FB_X509_NCOLS] = {
    [FB_X509_FINGERPRINT] = {"fingerprint", FB_REC_TEXT},
    [FB_X509_VERSION] = {"version", FB_REC_INT},
    [FB_X509_SERIAL] = {"serial", FB_REC_TEXT},
    [FB_X509_SUBJECT] = {"subject", FB_REC_TEXT},
    [FB_X509_ISSUER] = {"issuer", FB_REC_TEXT},
    [FB_X509_NOT_VALID_BEFORE] = {"not_valid_before", FB_REC_TIME},
    [FB_X509_NOT_VALID_AFTER] = {"not_valid_after", FB_REC_TIME},
    [FB_X509_KEY_ALG] = {"key_alg", FB_REC_TEXT},
    [FB_X509_SIG_ALG] = {"sig_alg", FB_REC_TEXT},
    [FB_X509_KEY_TYPE] = {"key_type", FB_REC_TEXT},
    [FB_X509_KEY_LENGTH] = {"key_length", FB_REC_INT},
    [FB_X509_EXPONENT] = {"exponent", FB_REC_TEXT},
    [FB_X509_CURVE] = {"curve", FB_REC_TEXT},
    [FB_X509_SAN_DNS] = {"san_dns", FB_REC_LIST},
    [FB_X509_SAN_URI] = {"san_uri", FB_REC_LIST},
    [FB_X509_SAN_EMAIL] = {"san_email", FB_REC_LIST},
    [FB_X509_SAN_IP] = {"san_ip", FB_REC_LIST},
    [FB_X509_BASIC_CONSTRAINTS_CA] = {"basic_constraints_ca", FB_REC_INT},
    [FB_X509_BASIC_CONSTRAINTS_PATH_LEN] = {"basic_constraints_path_len", FB_REC_INT},
    [FB_X509_HOST_CERT] = {"host_cert", FB_REC_INT},
    [FB_X509_CLIENT_CERT] = {"client_cert", FB_REC_INT},
};

const struct fb_rec_def fb_x509_def = {
    .name = "x509", .id = 12, .order = FB_REC_EVENTS, .ncols = FB_X509_NCOLS, .cols = cols};
