/* SPDX-License-Identifier: Apache-2.0 */
/* test-sha256.c: the published examples of FIPS 180-4, in one piece and in all pieces. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/sha256.h"

/* NIST, "Examples with intermediate values", SHA-256, and the empty message of its test suite. */
static const struct {
    const char *message;
    const char *digest;
} examples[] = {
    { "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
    { "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
    { "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
    { "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrl"
      "mnopqrsmnopqrstnopqrstu",
      "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1" },
};

static void hex(const uint8_t digest[SHA256_SIZE], char out[2 * SHA256_SIZE + 1])
{
    for (size_t i = 0; i < SHA256_SIZE; i++)
        snprintf(out + 2 * i, 3, "%02x", digest[i]);
}

static void the_published_examples(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
        uint8_t digest[SHA256_SIZE];
        char text[2 * SHA256_SIZE + 1];
        struct sha256 h;

        sha256_begin(&h);
        sha256_add(&h, examples[i].message, strlen(examples[i].message));
        sha256_end(&h, digest);
        hex(digest, text);
        assert_string_equal(text, examples[i].digest);
    }
}

/* The long message of the standard's examples: a million times 'a'. */
static void a_million_letters(void **state)
{
    uint8_t part[997], digest[SHA256_SIZE];
    char text[2 * SHA256_SIZE + 1];
    struct sha256 h;
    size_t left = 1000000;

    (void)state;
    memset(part, 'a', sizeof part);
    sha256_begin(&h);
    while (left > 0) {
        size_t n = left < sizeof part ? left : sizeof part;
        sha256_add(&h, part, n);
        left -= n;
    }
    sha256_end(&h, digest);
    hex(digest, text);
    assert_string_equal(text, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

/* Every length around the block and the padding, each in memory of exactly its size. */
static void pieces_do_not_matter(void **state)
{
    (void)state;
    for (size_t n = 0; n < 200; n++) {
        uint8_t *message = malloc(n ? n : 1), whole[SHA256_SIZE], pieces[SHA256_SIZE];
        struct sha256 h;

        assert_non_null(message);
        for (size_t i = 0; i < n; i++)
            message[i] = (uint8_t)(i * 7);
        sha256_begin(&h);
        sha256_add(&h, message, n);
        sha256_end(&h, whole);
        sha256_begin(&h);
        for (size_t i = 0; i < n; i++)
            sha256_add(&h, message + i, 1);
        sha256_end(&h, pieces);
        assert_memory_equal(whole, pieces, SHA256_SIZE);
        free(message);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_published_examples),
        cmocka_unit_test(a_million_letters),
        cmocka_unit_test(pieces_do_not_matter),
    };
    return cmocka_run_group_tests_name("sha256", tests, NULL, NULL);
}
