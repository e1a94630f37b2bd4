/* What is known against open ports and vendors: vulnerabilities by port and by vendor, and how critical a
 * device is because of them. */
#ifndef FB_INTEL_RISKS_H
#define FB_INTEL_RISKS_H

#include "intel/packs/row_set.h"

/* Stored in packs. */
enum fb_severity {
    FB_SEVERITY_NONE = 0, /* nothing is known */
    FB_SEVERITY_INFO = 1,
    FB_SEVERITY_LOW = 2,
    FB_SEVERITY_MEDIUM = 3,
    FB_SEVERITY_HIGH = 4,
    FB_SEVERITY_CRITICAL = 5,
    FB_SEVERITIES
};
const char *fb_severity_name(enum fb_severity s); /* "none" ... "critical" */

#define FB_RISK_ITEMS_MAX 512 /* named vulnerabilities of one port or vendor; more are counted only */

/* ---- collecting ---- */

struct fb_risk_build {
    struct fb_buf bytes;
    struct fb_risk_at *at;
    size_t n, cap;
    char date[40]; /* of the newest document read, as it says itself */
};

void fb_risk_build_init(struct fb_risk_build *b);
void fb_risk_build_release(struct fb_risk_build *b);

/* One entry, about a port (0 ... 65535) or, when that is -1, about a vendor. */
struct fb_risk_entry {
    int port;
    uint8_t ip_proto; /* 0: any */
    struct fb_span vendor;
    enum fb_severity severity;
    uint64_t count;
    struct fb_span name, about, source, date;
    const struct fb_buf *items; /* of fb_rec_item: name and description in turn */
};
enum fb_status fb_risk_build_add(struct fb_risk_build *b, const struct fb_risk_entry *e, struct fb_err *err);

/* Adds a JSON document: {date, signature, vulnerabilities: [{port | vendor, name, description, protocol,
 * count, vulnerabilities: [{name, description}]}]}; an entry may also have severity, source and date. Without
 * a severity it is high from 10 known vulnerabilities on, medium from 1, else low. `bad`: entries that are
 * neither about a port nor about a vendor. */
enum fb_status fb_risk_build_json(struct fb_risk_build *b, struct fb_span text, uint64_t *bad,
                                  struct fb_err *err);

/* True when the document has the form above. */
bool fb_risk_json_is(struct fb_span text);

/* Entries about the same port and protocol, or the same vendor (by letters without case), become one: name,
 * description, source and date of the first that has them, the highest severity and count, all
 * vulnerabilities by name. Appends the entries of the data set to `out`. */
enum fb_status fb_risk_build_finish(struct fb_risk_build *b, struct fb_buf *out, uint64_t *entries,
                                    struct fb_err *err);

/* ---- looking up ---- */

struct fb_risk {
    enum fb_severity severity;
    uint64_t count;
    struct fb_span name, about, source, date;
    struct fb_span items; /* for fb_rec_next_item: name and description in turn */
};

struct fb_risks {
    struct fb_row_view rows;
    size_t nports; /* rows about ports come first, sorted by port and protocol */
};

enum fb_status fb_risks_open(struct fb_span body, struct fb_risks *out, struct fb_err *err);
void fb_risks_release(struct fb_risks *r);

/* By port; an entry without a protocol is about every protocol, one with it goes first. */
bool fb_risks_port(const struct fb_risks *r, uint8_t ip_proto, uint16_t port, struct fb_risk *out);

/* By vendor: the entry's name is the vendor's, or its first whole words: "cisco" is "Cisco Systems, Inc", not
 * "Ciscon". */
bool fb_risks_vendor(const struct fb_risks *r, struct fb_span vendor, struct fb_risk *out);

/* How critical a device is: the highest severity of its open ports, one step more (at most critical) when its
 * vendor's is high or critical. Without such a port the vendor's history alone counts as low. */
enum fb_severity fb_device_criticality(enum fb_severity ports, enum fb_severity vendor);

#endif
