/* SPDX-License-Identifier: Apache-2.0 */
/* record.c: the heads of records. */
#include "config.h"

#include "plugins/tls/record.h"

#include "plugins/tls/host.h"

#define SSL2_BIT 0x80u /* in the first octet of an SSL 2.0 hello */

static SECURITY_STATUS check_type(uint8_t type, bool first)
{
    if (type >= TLS_CHANGE_CIPHER_SPEC && type <= TLS_APPLICATION_DATA)
        return SEC_E_OK;
    if (!first)
        return refuse(SEC_E_ILLEGAL_MESSAGE, "a record of unknown type %u", type);
    return refuse(SEC_E_INVALID_TOKEN, "%s, not TLS: the first octet is 0x%02x",
                  type & SSL2_BIT ? "SSL 2.0" : "something else", type);
}

SECURITY_STATUS tls_record_look(struct span input, bool first, struct tls_record *out)
{
    struct wire_in in = wire_in(input);
    uint8_t type = wire_u8(&in);
    uint8_t major = wire_u8(&in);
    (void)wire_u8(&in);
    size_t len = wire_u16be(&in);
    SECURITY_STATUS status;

    *out = (struct tls_record){ .type = (enum tls_record_type)type,
                                .missing = TLS_RECORD_HEAD - input.len };
    if (input.len > 0 && (status = check_type(type, first)) < 0)
        return status;
    if (input.len > 1 && major != 3)
        return refuse(first ? SEC_E_INVALID_TOKEN : SEC_E_ILLEGAL_MESSAGE,
                      "a record of version %u, which is no TLS", major);
    if (!wire_ok(&in))
        return SEC_E_OK;
    if (len > TLS_RECORD_MAX)
        return refuse(SEC_E_ILLEGAL_MESSAGE, "a record of %zu octets", len);
    if (len == 0 && type != TLS_APPLICATION_DATA) /* RFC 5246 6.2.1, RFC 8446 5.1 */
        return refuse(SEC_E_ILLEGAL_MESSAGE, "a record of type %u without anything in it", type);
    out->len = TLS_RECORD_HEAD + len;
    out->missing = wire_left(&in) < len ? len - wire_left(&in) : 0;
    return SEC_E_OK;
}

SECURITY_STATUS tls_datagram_look(struct span input, struct tls_record *out)
{
    struct wire_in in = wire_in(input);
    uint8_t type = wire_u8(&in);
    uint8_t major = wire_u8(&in);
    (void)wire_span(&in, 9); /* minor, epoch, sequence_number */
    size_t len = wire_u16be(&in);

    (void)wire_span(&in, len);
    if (!wire_ok(&in) || major != 0xfe)
        return refuse(SEC_E_ILLEGAL_MESSAGE, "no record of DTLS in %zu octets", input.len);
    *out =
        (struct tls_record){ .type = (enum tls_record_type)type, .len = TLS_DATAGRAM_HEAD + len };
    return SEC_E_OK;
}

void tls_put_alert(struct wire_out *out, uint8_t level, uint8_t description)
{
    wire_put_u8(out, TLS_ALERT);
    wire_put_u16be(out, 0x0303);
    wire_put_u16be(out, 2);
    wire_put_u8(out, level);
    wire_put_u8(out, description);
}
