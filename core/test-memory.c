/* SPDX-License-Identifier: Apache-2.0 */
/* test-memory.c: results are known by address, secrets are zeroed and wiped. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"

static bool is_zero(const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (p[i] != 0)
            return false;
    return true;
}

static void a_result_is_zeroed_and_freed_once(void **state)
{
    (void)state;
    for (size_t n = 0; n < 300; n += 7) {
        uint8_t *p = mem_result(n);
        assert_non_null(p);
        assert_true(is_zero(p, n));
        assert_int_equal(mem_result_size(p), n);
        assert_true(mem_result_free(p));
        assert_false(mem_result_free(p));
    }
}

static void foreign_pointers_are_refused(void **state)
{
    int on_stack;
    char *mine = malloc(64);
    char *result = mem_result(64);

    (void)state;
    assert_false(mem_result_free(&on_stack));
    assert_false(mem_result_free(mine));
    assert_false(mem_result_free(result + 16));
    assert_false(mem_result_free((void *)(uintptr_t)16));
    assert_true(mem_result_free(result));
    assert_true(mem_result_free(NULL));
    free(mine);
}

static void sizes_that_cannot_be_are_refused(void **state)
{
    (void)state;
    assert_null(mem_result(SIZE_MAX));
    assert_null(mem_result(SIZE_MAX - 8));
    assert_null(mem_secret(SIZE_MAX));
    assert_null(mem_secret(SIZE_MAX / 2 + 1));
}

static void a_secret_is_zeroed_when_given_out_again(void **state)
{
    static const size_t sizes[] = { 0, 1, 16, 48, 49, 64, 1000, 4080, 4081, 10000, 70000 };

    (void)state;
    size_t before = mem_secret_in_use();
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            uint8_t *p = mem_secret(sizes[i]);
            assert_non_null(p);
            assert_int_equal((uintptr_t)p % 16, 0);
            assert_true(is_zero(p, sizes[i]));
            memset(p, 0xa5, sizes[i]);
            mem_secret_free(p);
        }
    }
    mem_secret_free(NULL);
    assert_int_equal(mem_secret_in_use(), before);
}

static void *churn(void *arg)
{
    unsigned seed = *(unsigned *)arg;
    uint8_t *held[16] = { 0 };
    size_t sizes[16] = { 0 };

    for (int n = 0; n < 5000; n++) {
        seed = seed * 1664525u + 1013904223u;
        unsigned i = seed >> 16 & 15;
        for (size_t k = 0; k < sizes[i]; k++)
            if (held[i][k] != (uint8_t)i)
                return (void *)1;
        mem_secret_free(held[i]);
        sizes[i] = seed >> 8 & 511;
        held[i] = mem_secret(sizes[i]);
        if (!is_zero(held[i], sizes[i]))
            return (void *)2;
        memset(held[i], (int)i, sizes[i]);
        void *r = mem_result(sizes[i]);
        if (!mem_result_free(r))
            return (void *)3;
    }
    for (unsigned i = 0; i < 16; i++)
        mem_secret_free(held[i]);
    return NULL;
}

static void threads_do_not_share_blocks(void **state)
{
    pthread_t threads[4];
    unsigned seeds[4];
    void *fault;

    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        seeds[i] = i;
        assert_int_equal(pthread_create(&threads[i], NULL, churn, &seeds[i]), 0);
    }
    for (unsigned i = 0; i < 4; i++) {
        pthread_join(threads[i], &fault);
        assert_null(fault);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_result_is_zeroed_and_freed_once),
        cmocka_unit_test(foreign_pointers_are_refused),
        cmocka_unit_test(sizes_that_cannot_be_are_refused),
        cmocka_unit_test(a_secret_is_zeroed_when_given_out_again),
        cmocka_unit_test(threads_do_not_share_blocks),
    };
    return cmocka_run_group_tests_name("memory", tests, NULL, NULL);
}
