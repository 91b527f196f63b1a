/* SPDX-License-Identifier: Apache-2.0 */
/* test-pair.h: a client and a server of the package, over memory. */
#ifndef NTLM_TEST_PAIR_H
#define NTLM_TEST_PAIR_H

#include "plugins/ntlm/ntlm.h"
#include "plugins/ntlm/test-host.h"

/* One end. */
struct test_end {
    struct ssp_instance *instance;
    struct ssp_cred *cred;
    struct ssp_ctx *ctx;
    struct ssp_token reply; /* of the last leg */
    uint32_t requested;     /* for every leg */
    uint32_t granted;       /* by the last leg */
    const struct ssp_bindings *bindings;
    const char *target;
};

struct test_pair {
    struct test_end client, server;
    char file[64]; /* of users: alice with "secret", disabled "dora" with "secret" */
};

/* What a pair is made of; all may be left out. */
struct test_options {
    const struct test_setting *client, *server;
    const char *user, *domain, *password; /* default: alice, "", secret; user "": nobody */
    uint32_t isc, asc;
};

void test_pair_open(struct test_pair *p, const struct test_options *o);
void test_pair_close(struct test_pair *p);

/* One leg of one end with a token; the reply is in end->reply. */
SECURITY_STATUS test_initiate(struct test_end *end, struct span token);
SECURITY_STATUS test_accept(struct test_end *end, struct span token);
struct span test_reply(const struct test_end *end);
/* Legs until one end says no or both are done; the server's status. */
SECURITY_STATUS test_exchange(struct test_pair *p);
/* The contexts go; the credentials stay. */
void test_pair_again(struct test_pair *p);

/* A fresh file of that text in path (of 64 bytes). */
void test_write_file(char *path, const char *text);

#define TEST_SIGN (ISC_REQ_INTEGRITY | ISC_REQ_REPLAY_DETECT | ISC_REQ_SEQUENCE_DETECT)
#define TEST_SEAL (TEST_SIGN | ISC_REQ_CONFIDENTIALITY)

#endif
