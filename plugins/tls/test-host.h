/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test-host.h: a host for tests: settings from a list, a clock that stands where it is put,
 * random bytes that repeat, memory that can be made to run out, certificates of a kind, and
 * counts of what leaks.
 */
#ifndef TLS_TEST_HOST_H
#define TLS_TEST_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sspi/package.h"

#define TEST_NOW INT64_C(0x01dc5a0d3f2c8000) /* some day in 2025 */

/* What the host does; reset by test_host_open. */
struct test_host {
    int64_t now;
    uint64_t monotonic_ms;
    bool no_random;     /* random fails */
    size_t allocations; /* so far, of every kind */
    size_t fail_at;     /* this one and all later ones fail; 0: none do */
    size_t live;        /* pieces of memory not given back */
    char last[512];     /* what fail was told last */
    SECURITY_STATUS last_status;
    bool tracing;
};

extern struct test_host test_host;
extern const struct ssp_host test_host_table;

/* A setting; text NULL ends a list.  Lists of text: the name more than once. */
struct test_setting {
    const char *name;
    const char *text; /* numbers and booleans ("true") as text too */
};

struct ssp_settings {
    const struct test_setting *all;
};

/* Everything as in a fresh process; tls_host is this host. */
void test_host_open(void);
/* What is in a token so far. */
struct ssp_token {
    uint8_t *data;
    size_t len;
};

struct _CERT_CONTEXT;
/* CertFreeCertificateContext, for what certificates_new gave. */
void test_free_certificate(const struct _CERT_CONTEXT *certificate);

#endif
