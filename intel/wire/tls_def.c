#include "intel/wire/tls_def.h"

static const struct fb_rec_col cols[FB_TLS_NCOLS] = {
    [FB_TLS_TRANSPORT] = {"transport", FB_REC_TEXT},
    [FB_TLS_VERSION] = {"version", FB_REC_TEXT},
    [FB_TLS_CIPHER] = {"cipher", FB_REC_TEXT},
    [FB_TLS_CURVE] = {"curve", FB_REC_TEXT},
    [FB_TLS_SERVER_NAME] = {"server_name", FB_REC_TEXT},
    [FB_TLS_RESUMED] = {"resumed", FB_REC_INT},
    [FB_TLS_LAST_ALERT] = {"last_alert", FB_REC_TEXT},
    [FB_TLS_NEXT_PROTOCOL] = {"next_protocol", FB_REC_TEXT},
    [FB_TLS_ESTABLISHED] = {"established", FB_REC_INT},
    [FB_TLS_SSL_HISTORY] = {"ssl_history", FB_REC_TEXT},
    [FB_TLS_SUBJECT] = {"subject", FB_REC_TEXT},
    [FB_TLS_ISSUER] = {"issuer", FB_REC_TEXT},
    [FB_TLS_CLIENT_SUBJECT] = {"client_subject", FB_REC_TEXT},
    [FB_TLS_CLIENT_ISSUER] = {"client_issuer", FB_REC_TEXT},
    [FB_TLS_CERT_CHAIN_FPS] = {"cert_chain_fps", FB_REC_LIST},
    [FB_TLS_CLIENT_CERT_CHAIN_FPS] = {"client_cert_chain_fps", FB_REC_LIST},
    [FB_TLS_CLIENT_VERSION] = {"client_version", FB_REC_TEXT},
    [FB_TLS_CLIENT_ALPN] = {"client_alpn", FB_REC_LIST},
    [FB_TLS_JA3] = {"ja3", FB_REC_TEXT},
    [FB_TLS_JA3S] = {"ja3s", FB_REC_TEXT},
    [FB_TLS_JA4] = {"ja4", FB_REC_TEXT},
    [FB_TLS_STARTTLS] = {"starttls", FB_REC_TEXT},
    [FB_TLS_QUIC_VERSION] = {"quic_version", FB_REC_TEXT},
    [FB_TLS_CLIENT_INITIAL_DCID] = {"client_initial_dcid", FB_REC_TEXT},
    [FB_TLS_CLIENT_SCID] = {"client_scid", FB_REC_TEXT},
    [FB_TLS_SERVER_SCID] = {"server_scid", FB_REC_TEXT},
};

const struct fb_rec_def fb_tls_def = {
    .name = "tls", .id = 2, .order = FB_REC_EVENTS, .ncols = FB_TLS_NCOLS, .cols = cols};
