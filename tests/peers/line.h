/* SPDX-License-Identifier: Apache-2.0 */
/*
 * line.h: the line protocol that every token peer here speaks on its standard input and output.
 *
 * One line each way, fields parted by a space, bytes in base64; "-" is no bytes at all, so that
 * a field is never empty.  The peer reads T lines until it is established, then commands:
 *
 *     T <token>                       both ways, while the exchange lasts
 *     OK <name> <flags>               established; name percent-coded, flags comma-separated
 *     ERR <status> <where> ...        refused; as an answer to a command, the peer lives on
 *     WRAP <message>                  W <signature||ciphertext>
 *     UNWRAP <signature||ciphertext>  U <message>
 *     MIC <message>                   M <signature>
 *     VERIFY <message> <signature>    V ok
 *     KEY                             K <session key in hex>
 *     TARGET                          N <the target that the client named, percent-coded>
 *     QUIT                            ends the peer, as the end of input does
 */
#ifndef PEERS_LINE_H
#define PEERS_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bytes {
    uint8_t *data; /* malloc'd, never NULL where a function here gave it */
    size_t len;
};

/* The words of one line from standard input, up to LINE_WORDS; they live until the next one. */
#define LINE_WORDS 4

struct line {
    char *text;
    size_t room;
    char *word[LINE_WORDS]; /* NULL past the last one */
};

/* False at the end of input. */
bool line_read(struct line *line);
void line_free(struct line *line);

/* Bytes of a base64 or hex word.  False, and *out empty, if it is none. */
bool line_base64(const char *word, struct bytes *out);
bool line_hex(const char *word, struct bytes *out);
void bytes_free(struct bytes *bytes);

/* Say "word base64\n", "word hex\n", "word text\n" with text percent-coded, and flush. */
void line_say(const char *word, const void *data, size_t len);
void line_say_hex(const char *word, const void *data, size_t len);
void line_say_text(const char *word, const char *text);
/* Only the text itself; what is not printable ASCII, and '%', as "%xx". */
void line_put_text(const char *text);

#endif
