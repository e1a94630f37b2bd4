/* Inside of the service room: analyzers, and what they tell the detector that runs them.
 *
 * An analyzer is a static svc_proto. Its parse function is handed contiguous bytes of one direction and says
 * how many it is done with; what it leaves is held (up to `hold` bytes) and handed over again with more
 * behind it. It may set dir[].skip to pass over bytes that it does not need. On datagram transports parse
 * sees one whole datagram a call and nothing is held. */
#ifndef FB_REPLAY_SERVICE_SVC_H
#define FB_REPLAY_SERVICE_SVC_H

#include "replay/service/service.h"

#define SVC_VIOLATION_BYTES 10240 /* later violations leave the name standing */
#define SVC_LINE_MAX                                                                                         \
    13107200 /* a longer line is a limit of Zeek's line analyzers, whose buffer doubles up to 16 MiB */
#define SVC_WINDOW_BYTES  1024 /* signatures see this much of a session ... */
#define SVC_WINDOW_CHUNKS 100  /* ... and this many chunks */
#define SVC_ORIG          0
#define SVC_RESP          1

struct svc;

struct svc_proto {
    const char *name; /* in the service column; "" for one that only passes bytes on */
    uint32_t hold;    /* most bytes that parse may leave behind in one direction */
    uint32_t state_bytes;
    bool partial_ok; /* also follows TCP sessions whose start was not seen */
    bool drop_long;  /* more than `hold` bytes without progress are dropped instead of failing the analyzer */
    bool keep_on_fail; /* Zeek ignores this analyzer's violations: it leaves, its name stays */
    /* Returns bytes done with, 0 = needs more. */
    size_t (*parse)(struct svc *a, bool from_orig, const uint8_t *p, size_t n);
    /* n bytes that no skip covered are missing. NULL: the analyzer leaves. Returns false to leave. */
    bool (*gap)(struct svc *a, bool from_orig, uint64_t n);
    void (*release)(struct svc *a); /* frees what the state points to; NULL: nothing */
};

struct svc_dir {
    uint8_t *buf;
    uint32_t held, cap;
    uint64_t skip;    /* UINT64_MAX: all that comes */
    uint64_t dropped; /* of the line at hand, by drop_long */
};

/* One analyzer at work. */
struct svc {
    const struct svc_proto *proto;
    const struct svc_proto *become; /* takes over after this parse call */
    struct fb_service *owner;       /* the detector that feeds it */
    void *state;                    /* proto->state_bytes, zeroed at the start */
    struct svc_dir dir[2];
    uint32_t chunks; /* of stream payload handed to it, both directions */
    bool confirmed;
    bool gone;    /* failed or left */
    bool settled; /* only a violation can still change anything */
};

/* The analyzer's protocol is confirmed: its name joins the service column. */
void svc_confirm(struct svc *a);
/* Another name joins the service column with it (gssapi inside smb). */
void svc_confirm_as(struct svc *a, const char *name);
/* The bytes are not its protocol: it leaves, and its name with it when the session is young. */
void svc_fail(struct svc *a);
/* It leaves; a confirmed name stays. */
void svc_leave(struct svc *a);
/* `next` takes over this place after the current parse call; the name stays. */
void svc_become(struct svc *a, const struct svc_proto *next);
/* FB_SVC_FLIP, FB_SVC_LIMIT, FB_SVC_LONG_IDLE for the session. */
void svc_signal(struct svc *a, unsigned bits);
/* Announces a data connection to resp_h:resp_p. */
void svc_expect(struct svc *a, const struct fb_addr *resp_h, uint16_t resp_p, const char *service);
const struct fb_service_flow *svc_flow(const struct svc *a);
uint64_t svc_total_bytes(const struct svc *a);
/* A detector for what the analyzer unwraps; its names join the session's. NULL when nested too deep or out of
 * memory. */
struct fb_service *svc_inner_new(struct svc *a);
void svc_inner_data(struct svc *a, struct fb_service *inner, bool from_orig, const uint8_t *p, size_t n);

static inline struct svc_dir *svc_dir_of(struct svc *a, bool from_orig)
{
    return &a->dir[from_orig ? SVC_ORIG : SVC_RESP];
}

/* The analyzers. */
enum svc_id {
    SVC_DNS_UDP,
    SVC_DNS_TCP,
    SVC_HTTP,
    SVC_SSL,
    SVC_SSH,
    SVC_FTP,
    SVC_SMTP,
    SVC_POP3,
    SVC_IMAP,
    SVC_IRC,
    SVC_XMPP,
    SVC_DTLS,
    SVC_QUIC,
    SVC_DHCP,
    SVC_NTP,
    SVC_SNMP,
    SVC_RADIUS,
    SVC_SYSLOG,
    SVC_SYSLOG_TCP,
    SVC_SIP,
    SVC_KRB,
    SVC_KRB_TCP,
    SVC_LDAP_UDP,
    SVC_LDAP_TCP,
    SVC_SMB,
    SVC_DCE_RPC,
    SVC_RDP,
    SVC_RDPEUDP,
    SVC_MYSQL,
    SVC_POSTGRESQL,
    SVC_REDIS,
    SVC_MQTT,
    SVC_MODBUS,
    SVC_DNP3_TCP,
    SVC_DNP3_UDP,
    SVC_SOCKS,
    SVC_RFB,
    SVC_FINGER,
    SVC_ID_COUNT
};
extern const struct svc_proto *const svc_protos[SVC_ID_COUNT];

extern const struct svc_proto svc_dns_udp, svc_dns_tcp, svc_http, svc_ssl, svc_ssh, svc_ftp, svc_smtp,
    svc_pop3, svc_imap, svc_irc, svc_xmpp, svc_dtls, svc_quic, svc_dhcp, svc_ntp, svc_snmp, svc_radius,
    svc_syslog, svc_syslog_tcp, svc_sip, svc_krb, svc_krb_tcp, svc_ldap_udp, svc_ldap_tcp, svc_smb,
    svc_dce_rpc, svc_rdp, svc_rdpeudp, svc_mysql, svc_postgresql, svc_redis, svc_mqtt, svc_modbus,
    svc_dnp3_tcp, svc_dnp3_udp, svc_socks, svc_rfb, svc_finger;
/* Pass all bytes to a nested detector. */
extern const struct svc_proto svc_tunnel;
/* Follows HTTP after its upgrade. */
extern const struct svc_proto svc_websocket;

#endif
