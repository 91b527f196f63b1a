/* SPDX-License-Identifier: Apache-2.0 */
/* attributes.h: what the files that answer queries share.  Locks of contexts are held. */
#ifndef TLS_ATTRIBUTES_H
#define TLS_ATTRIBUTES_H

#include <openssl/x509.h>

#include "plugins/tls/tls.h"

/* A copy that FreeContextBuffer frees, with n zero octets more; NULL: no memory. */
void *tls_give(struct span s, size_t n);

SECURITY_STATUS tls_give_text(const char *text, char **out);

/* --- certattr.c: certificates ---------------------------------------------------------------- */

/*
 * A name as RFC 2253 writes it, in UTF-8, for FreeContextBuffer.
 * Errors: SEC_E_CANNOT_PACK (it is no text); SEC_E_INSUFFICIENT_MEMORY.
 */
SECURITY_STATUS tls_give_name(const X509_NAME *name, char **out);

/* DER of certificates, the leaf first. */
struct tls_pile {
    struct span *der;
    size_t n;
};

/* others may be NULL, and may begin with the leaf again.  false: no memory. */
bool tls_pile_make(X509 *leaf, STACK_OF(X509) * others, struct tls_pile *out);
void tls_pile_clear(struct tls_pile *pile);

/* Our certificate that this connection rests on, or NULL.  It lives as long as the context. */
X509 *tls_own_certificate(const struct ssp_ctx *ctx);

/*
 * For SSL_CTX_set_session_ticket_cb: a server's tickets say which certificate their session was
 * made with.  Without it, the bindings of a resumed connection may not be known.
 */
int tls_remember_certificate(SSL *ssl, void *unused);

/* The certificate of the server, whichever side we are, or NULL. */
X509 *tls_server_certificate(const struct ssp_ctx *ctx);

SECURITY_STATUS tls_query_names(struct ssp_ctx *ctx, void *buffer);
SECURITY_STATUS tls_query_native_names(struct ssp_ctx *ctx, void *buffer);
SECURITY_STATUS tls_query_authority(struct ssp_ctx *ctx, void *buffer);
SECURITY_STATUS tls_query_remote_cert(struct ssp_ctx *ctx, void *buffer);
SECURITY_STATUS tls_query_remote_certificates(struct ssp_ctx *ctx, void *buffer);
SECURITY_STATUS tls_query_local_cert(struct ssp_ctx *ctx, void *buffer);
SECURITY_STATUS tls_query_local_cert_info(struct ssp_ctx *ctx, void *buffer);
SECURITY_STATUS tls_query_issuers(struct ssp_ctx *ctx, void *buffer);

/* --- exporter.c: channel bindings, and keys for other protocols ------------------------------ */

SECURITY_STATUS tls_query_unique(struct ssp_ctx *ctx, void *buffer);
SECURITY_STATUS tls_query_end_point(struct ssp_ctx *ctx, void *buffer);
SECURITY_STATUS tls_query_exporter(struct ssp_ctx *ctx, void *buffer);
SECURITY_STATUS tls_query_material(struct ssp_ctx *ctx, void *buffer);
SECURITY_STATUS tls_query_material_at_once(struct ssp_ctx *ctx, void *buffer);
SECURITY_STATUS tls_query_eap(struct ssp_ctx *ctx, void *buffer);
SECURITY_STATUS tls_set_material(struct ssp_ctx *ctx, const void *buffer);

#endif
