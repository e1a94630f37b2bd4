#include "intel/wire/tls_facts.h"

#include "base/digest.h"
#include "base/quic_crypto.h"
#include "intel/wire/tls_def.h"
#include "intel/wire/tls_names.h"
#include "intel/wire/wire.h"

#define NAME_MAX_BYTES 1024 /* of a server name, a protocol, a distinguished name */
#define LIST_MAX_BYTES 4096

static struct fb_buf *texts(struct fb_tls_facts *f, size_t i)
{
    struct fb_buf *all[] = {&f->server_name,    &f->next_protocol, &f->subject, &f->issuer,
                            &f->client_subject, &f->client_issuer, &f->alpn,    &f->fps,
                            &f->client_fps};
    return i < sizeof all / sizeof all[0] ? all[i] : NULL;
}

void fb_tls_facts_init(struct fb_tls_facts *f, enum fb_tls_transport transport)
{
    *f = (struct fb_tls_facts){.transport = transport, .last_alert = -1};
    for (size_t i = 0; texts(f, i); i++)
        fb_buf_init(texts(f, i), i < 6 ? NAME_MAX_BYTES : LIST_MAX_BYTES);
}

void fb_tls_facts_release(struct fb_tls_facts *f)
{
    for (size_t i = 0; texts(f, i); i++)
        fb_buf_release(texts(f, i));
}

size_t fb_tls_facts_bytes(const struct fb_tls_facts *f)
{
    return f->server_name.cap + f->next_protocol.cap + f->subject.cap + f->issuer.cap +
           f->client_subject.cap + f->client_issuer.cap + f->alpn.cap + f->fps.cap + f->client_fps.cap;
}

void fb_tls_history(struct fb_tls_facts *f, bool from_orig, char letter)
{
    if (f->nhistory < FB_TLS_HISTORY)
        f->history[f->nhistory++] = from_orig ? letter : (char)(letter | 0x20);
}

static void quic_version_cell(struct fb_buf *row, uint32_t v)
{
    char text[24];
    if (v == 0) {
        fb_rec_null(row);
        return;
    }
    if (v == FB_QUIC_V1 || v == FB_QUIC_V2)
        (void)snprintf(text, sizeof text, "%s", v == FB_QUIC_V1 ? "1" : "quicv2");
    else if (v >> 8 == FB_QUIC_DRAFT)
        (void)snprintf(text, sizeof text, "draft-%u", (unsigned)(v & 0xff));
    else if (v == 0x54303530 || v == 0x54303531) /* as its bytes spell it */
        (void)snprintf(text, sizeof text, "T05%c", (char)(v & 0xff));
    else if (v >> 8 == 0xfaceb0)
        (void)snprintf(text, sizeof text, "mvfst-%02x", (unsigned)(v & 0xff));
    else
        (void)snprintf(text, sizeof text, "unknown-%08x", (unsigned)v);
    fb_rec_text(row, text);
}

static void cid_cell(struct fb_buf *row, const struct fb_tls_cid *id)
{
    char hex[2 * FB_QUIC_CID_BYTES + 1];
    fb_hex(id->b, id->n, hex);
    fb_rec_text(row, id->known ? hex : NULL);
}

static void server_cells(const struct fb_tls_facts *f, struct fb_buf *row)
{
    char name[FB_TLS_NAME_MAX];
    bool chosen = f->server && f->version != 0x0002;
    fb_rec_text(row, f->server ? fb_tls_version_name(f->version, name) : NULL);
    fb_rec_text(row, chosen ? fb_tls_cipher_name(f->cipher, name) : NULL);
    fb_rec_text(row, f->group ? fb_tls_group_name(f->group, name) : NULL);
}

static void client_cells(const struct fb_tls_facts *f, struct fb_buf *row)
{
    char name[FB_TLS_NAME_MAX];
    fb_rec_text(row, f->client ? fb_tls_version_name(f->client_version, name) : NULL);
    fb_wire_list_cell(row, &f->alpn);
    fb_rec_text(row, f->ja3[0] ? f->ja3 : NULL);
    fb_rec_text(row, f->ja3s[0] ? f->ja3s : NULL);
    fb_rec_text(row, f->ja4[0] ? f->ja4 : NULL);
    fb_rec_text(row, f->starttls);
}

void fb_tls_put(const struct fb_tls_facts *f, struct fb_observe_out *out)
{
    static const char *const transports[] = {"tcp", "udp", "quic"};
    char name[FB_TLS_NAME_MAX];
    struct fb_buf row;
    fb_buf_init(&row, FB_REC_BYTES_MAX);
    fb_rec_text(&row, transports[f->transport]);
    server_cells(f, &row);
    fb_wire_cell(&row, &f->server_name);
    fb_rec_int(&row, f->resumed);
    fb_rec_text(&row, f->last_alert < 0 ? NULL : fb_tls_alert_name((uint8_t)f->last_alert, name));
    fb_wire_cell(&row, &f->next_protocol);
    fb_rec_int(&row, f->established);
    fb_rec_bytes(&row, f->history, f->nhistory);
    fb_wire_cell(&row, &f->subject);
    fb_wire_cell(&row, &f->issuer);
    fb_wire_cell(&row, &f->client_subject);
    fb_wire_cell(&row, &f->client_issuer);
    fb_wire_list_cell(&row, &f->fps);
    fb_wire_list_cell(&row, &f->client_fps);
    client_cells(f, &row);
    quic_version_cell(&row, f->quic_version);
    cid_cell(&row, &f->quic_dcid);
    cid_cell(&row, &f->quic_client_scid);
    cid_cell(&row, &f->quic_server_scid);
    fb_wire_put(out, &fb_tls_def, &f->hello_at, &row);
    fb_buf_release(&row);
}
