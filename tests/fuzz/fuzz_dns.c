/* One DNS or NetBIOS message (byte 0 says which): all of its questions and records, as text. */
#include "intel/wire/dns_msg.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fb_dns_reader r;
    struct fb_dns_question q;
    struct fb_dns_rr rr;
    struct fb_buf text;
    if (size < 1 || !fb_dns_begin(&r, data + 1, size - 1, data[0] & 1))
        return 0;
    fb_buf_init(&text, 65536);
    while (fb_dns_next_question(&r, &q))
        if (q.name.n == 0 || q.name.n > sizeof q.name.text)
            abort();
    while (fb_dns_next_rr(&r, &rr)) {
        if (rr.name.n == 0 || rr.name.n > sizeof rr.name.text)
            abort();
        fb_buf_clear(&text);
        if (fb_dns_rr_text(&r, &rr, &text))
            fb_dns_rr_detail(&r, &rr, &text);
    }
    (void)fb_dns_is_certain(data + 1, size - 1);
    fb_buf_release(&text);
    return 0;
}
