/* SPDX-License-Identifier: Apache-2.0 */
/* test-handle.c: handles that are stale, forged, of the wrong kind, or used while closed. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "core/handle.h"

static atomic_int freed;

static void count_free(void *object)
{
    (void)object;
    freed++;
}

static SecHandle open_one(enum hnd_kind kind, void *object)
{
    SecHandle h = { 0 };

    assert_true(hnd_open(kind, object, count_free, &h));
    return h;
}

static void an_open_handle_finds_its_object(void **state)
{
    int object;
    SecHandle h = open_one(HND_CONTEXT, &object);

    (void)state;
    assert_ptr_equal(hnd_hold(h, HND_CONTEXT), &object);
    hnd_drop(h);
    assert_true(hnd_close(h, HND_CONTEXT));
}

static void zeroed_and_invalid_handles_find_nothing(void **state)
{
    const SecHandle bad[] = {
        { 0, 0 },
        { UINTPTR_MAX, UINTPTR_MAX },
        { 0, UINTPTR_MAX },
        { UINTPTR_MAX, 1 },
        { 0, (uintptr_t)UINT32_MAX + 1 },
        { UINT32_MAX, 1 },
        { UINT32_MAX - 255u, 1 },
        { UINT32_MAX - 256u, 1 },
        { 1u << 30, 1 },
        { (uintptr_t)-2, (uintptr_t)-2 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        for (int kind = HND_CREDENTIAL; kind <= HND_CONTEXT; kind++) {
            assert_null(hnd_hold(bad[i], (enum hnd_kind)kind));
            assert_false(hnd_close(bad[i], (enum hnd_kind)kind));
        }
    }
}

/* A lookup that fails must leave no trace in the slot it looked at. */
static void a_zeroed_handle_does_not_spoil_a_fresh_slot(void **state)
{
    int object;

    (void)state;
    for (uintptr_t i = 0; i < 2000; i++)
        assert_null(hnd_hold((SecHandle){ i, 0 }, HND_CONTEXT));
    freed = 0;
    for (int i = 0; i < 2000; i++) {
        SecHandle h = open_one(HND_CONTEXT, &object);
        assert_true(hnd_close(h, HND_CONTEXT));
    }
    assert_int_equal(freed, 2000);
}

static void the_other_kind_is_refused(void **state)
{
    int object;
    SecHandle h = open_one(HND_CREDENTIAL, &object);

    (void)state;
    assert_null(hnd_hold(h, HND_CONTEXT));
    assert_false(hnd_close(h, HND_CONTEXT));
    assert_true(hnd_close(h, HND_CREDENTIAL));
}

static void closing_twice_is_refused(void **state)
{
    int object;
    SecHandle h = open_one(HND_CONTEXT, &object);

    (void)state;
    freed = 0;
    assert_true(hnd_close(h, HND_CONTEXT));
    assert_false(hnd_close(h, HND_CONTEXT));
    assert_null(hnd_hold(h, HND_CONTEXT));
    assert_int_equal(freed, 1);
}

static void reused_slot_refuses_the_old_handle(void **state)
{
    int first, second;
    SecHandle old = open_one(HND_CONTEXT, &first);

    (void)state;
    assert_true(hnd_close(old, HND_CONTEXT));
    SecHandle new = open_one(HND_CONTEXT, &second);
    assert_int_equal(new.dwLower, old.dwLower);
    assert_int_not_equal(new.dwUpper, old.dwUpper);
    assert_null(hnd_hold(old, HND_CONTEXT));
    assert_ptr_equal(hnd_hold(new, HND_CONTEXT), &second);
    hnd_drop(new);
    assert_true(hnd_close(new, HND_CONTEXT));
}

static void a_held_object_outlives_the_close(void **state)
{
    int object;
    SecHandle h = open_one(HND_CONTEXT, &object);

    (void)state;
    freed = 0;
    assert_non_null(hnd_hold(h, HND_CONTEXT));
    assert_non_null(hnd_hold(h, HND_CONTEXT));
    assert_true(hnd_close(h, HND_CONTEXT));
    assert_null(hnd_hold(h, HND_CONTEXT));
    hnd_drop(h);
    assert_int_equal(freed, 0);
    hnd_drop(h);
    assert_int_equal(freed, 1);
}

static void many_handles_are_all_different(void **state)
{
    enum { N = 5000 };
    static int objects[N];
    static SecHandle handles[N];

    (void)state;
    for (int i = 0; i < N; i++)
        handles[i] = open_one(HND_CONTEXT, &objects[i]);
    for (int i = 0; i < N; i++) {
        assert_ptr_equal(hnd_hold(handles[i], HND_CONTEXT), &objects[i]);
        hnd_drop(handles[i]);
    }
    for (int i = 0; i < N; i++)
        assert_true(hnd_close(handles[i], HND_CONTEXT));
}

/* --- threads ---------------------------------------------------------------------------------- */

struct object {
    atomic_int alive;
};

static void bury(void *p)
{
    struct object *o = p;

    assert_int_equal(atomic_exchange(&o->alive, 0), 1);
    free(o);
    freed++;
}

static SecHandle shared[16];
static pthread_mutex_t shared_lock = PTHREAD_MUTEX_INITIALIZER;
static atomic_int opened, wrong;

static SecHandle peek_shared(unsigned i)
{
    pthread_mutex_lock(&shared_lock);
    SecHandle h = shared[i];
    pthread_mutex_unlock(&shared_lock);
    return h;
}

static void renew(unsigned i)
{
    struct object *o = malloc(sizeof *o);
    SecHandle h, old;

    atomic_init(&o->alive, 1);
    assert_true(hnd_open(HND_CONTEXT, o, bury, &h));
    opened++;
    pthread_mutex_lock(&shared_lock);
    old = shared[i];
    shared[i] = h;
    pthread_mutex_unlock(&shared_lock);
    (void)hnd_close(old, HND_CONTEXT);
}

static void *user(void *arg)
{
    unsigned seed = *(unsigned *)arg;

    for (int n = 0; n < 20000; n++) {
        seed = seed * 1664525u + 1013904223u;
        unsigned i = seed >> 16 & 15;
        SecHandle h = peek_shared(i);
        if ((seed >> 24) % 8 == 0) {
            renew(i);
        } else if ((seed >> 24) % 8 == 1) {
            (void)hnd_close(h, HND_CONTEXT);
        } else {
            struct object *o = hnd_hold(h, HND_CONTEXT);
            if (o) {
                wrong += atomic_load(&o->alive) != 1;
                hnd_drop(h);
            }
        }
    }
    return NULL;
}

static void eight_threads_never_see_a_dead_object(void **state)
{
    pthread_t threads[8];
    unsigned seeds[8];

    (void)state;
    freed = 0;
    for (unsigned i = 0; i < 16; i++)
        renew(i);
    for (unsigned i = 0; i < 8; i++) {
        seeds[i] = i;
        assert_int_equal(pthread_create(&threads[i], NULL, user, &seeds[i]), 0);
    }
    for (unsigned i = 0; i < 8; i++)
        pthread_join(threads[i], NULL);
    for (unsigned i = 0; i < 16; i++)
        (void)hnd_close(shared[i], HND_CONTEXT);
    assert_int_equal(wrong, 0);
    assert_int_equal(freed, opened);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_zeroed_handle_does_not_spoil_a_fresh_slot),
        cmocka_unit_test(an_open_handle_finds_its_object),
        cmocka_unit_test(zeroed_and_invalid_handles_find_nothing),
        cmocka_unit_test(the_other_kind_is_refused),
        cmocka_unit_test(closing_twice_is_refused),
        cmocka_unit_test(reused_slot_refuses_the_old_handle),
        cmocka_unit_test(a_held_object_outlives_the_close),
        cmocka_unit_test(many_handles_are_all_different),
        cmocka_unit_test(eight_threads_never_see_a_dead_object),
    };
    return cmocka_run_group_tests_name("handle", tests, NULL, NULL);
}
