/* SPDX-License-Identifier: Apache-2.0 */
/* server.c: learn over TCP who a client is, then read one message that only the two know. */
#include "tcp.h"

#include <exchange.h>
#include <sspix.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    if (argc != 4)
        return fprintf(stderr, "usage: server HOST PORT PACKAGE\n"), 2;
    CredHandle credential;
    CtxtHandle context;
    SecPkgContext_NamesA client;
    struct sspi_exchange *exchange = NULL;
    struct sspi_exchange_options options = {
        .size = sizeof options,
        .fd = tcp_accept(argv[1], argv[2]),
        .server = true,
        .credential = &credential,
        .package = argv[3],
        .request = ASC_REQ_CONFIDENTIALITY,
        .deadline_ms = 10000,
    };
    char trailer[256], text[1024];
    SecBuffer part[] = { { sizeof trailer, SECBUFFER_TOKEN, trailer },
                         { sizeof text, SECBUFFER_DATA, text } };
    SecBufferDesc message = { SECBUFFER_VERSION, 2, part };

    SECURITY_STATUS status = AcquireCredentialsHandleA(NULL, argv[3], SECPKG_CRED_INBOUND, NULL,
                                                       NULL, NULL, NULL, &credential, NULL);
    if (status == SEC_E_OK)
        status = sspi_exchange_start(&options, &exchange);
    if (status == SEC_E_OK)
        status = sspi_exchange_run(exchange);
    if (status == SEC_E_OK && !(sspi_exchange_flags(exchange) & ASC_RET_CONFIDENTIALITY))
        status = SEC_E_QOP_NOT_SUPPORTED; /* asked for is not had */
    if (status == SEC_E_OK)
        status = sspi_exchange_take(exchange, &context);
    if (status == SEC_E_OK)
        status = QueryContextAttributesA(&context, SECPKG_ATTR_NAMES, &client);
    if (status == SEC_E_OK && !(tcp_get(options.fd, trailer, &part[0].cbBuffer) &&
                                tcp_get(options.fd, text, &part[1].cbBuffer)))
        status = SEC_E_INCOMPLETE_MESSAGE;
    if (status == SEC_E_OK)
        status = DecryptMessage(&context, &message, 0, NULL);
    if (status != SEC_E_OK)
        return fprintf(stderr, "server: %s\n", sspi_status_name(status)), 1;
    printf("%s: %.*s\n", client.sUserName, (int)part[1].cbBuffer, text);
    FreeContextBuffer(client.sUserName);
    sspi_exchange_free(exchange);
    DeleteSecurityContext(&context);
    FreeCredentialsHandle(&credential);
    return 0;
}
