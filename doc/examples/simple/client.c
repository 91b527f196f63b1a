/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client.c: prove over TCP who we are, then send one message that only the server can read.  That
 * it was read only an answer would tell, and this is too small for one.
 */
#include "tcp.h"

#include <exchange.h>
#include <sspix.h>
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
    if (argc != 7)
        return fprintf(stderr, "usage: client HOST PORT PACKAGE USER PASSWORD TEXT\n"), 2;
    SEC_WINNT_AUTH_IDENTITY_A me = {
        .User = (UCHAR *)argv[4],
        .UserLength = (ULONG)strlen(argv[4]),
        .Password = (UCHAR *)argv[5],
        .PasswordLength = (ULONG)strlen(argv[5]),
        .Flags = SEC_WINNT_AUTH_IDENTITY_ANSI,
    };
    CredHandle credential;
    CtxtHandle context;
    struct sspi_exchange *exchange = NULL;
    struct sspi_exchange_options options = {
        .size = sizeof options,
        .fd = tcp_connect(argv[1], argv[2]),
        .credential = &credential,
        .target = argv[1],
        .request = ISC_REQ_CONFIDENTIALITY,
        .deadline_ms = 10000,
    };
    char trailer[256];
    SecBuffer part[] = { { sizeof trailer, SECBUFFER_TOKEN, trailer },
                         { (ULONG)strlen(argv[6]), SECBUFFER_DATA, argv[6] } };
    SecBufferDesc message = { SECBUFFER_VERSION, 2, part };

    SECURITY_STATUS status = AcquireCredentialsHandleA(NULL, argv[3], SECPKG_CRED_OUTBOUND, NULL,
                                                       &me, NULL, NULL, &credential, NULL);
    if (status == SEC_E_OK)
        status = sspi_exchange_start(&options, &exchange);
    if (status == SEC_E_OK)
        status = sspi_exchange_run(exchange);
    if (status == SEC_E_OK && !(sspi_exchange_flags(exchange) & ISC_RET_CONFIDENTIALITY))
        status = SEC_E_QOP_NOT_SUPPORTED; /* asked for is not had */
    if (status == SEC_E_OK)
        status = sspi_exchange_take(exchange, &context);
    if (status == SEC_E_OK)
        status = EncryptMessage(&context, 0, &message, 0);
    if (status != SEC_E_OK)
        return fprintf(stderr, "client: %s\n", sspi_status_name(status)), 1;
    bool sent = tcp_put(options.fd, trailer, part[0].cbBuffer) &&
                tcp_put(options.fd, argv[6], part[1].cbBuffer);
    sspi_exchange_free(exchange);
    DeleteSecurityContext(&context);
    FreeCredentialsHandle(&credential);
    return sent ? 0 : 1;
}
