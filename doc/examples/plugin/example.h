/* SPDX-License-Identifier: Apache-2.0 */
/*
 * example.h: Example-PSK, a small but whole security package: two parties that share a key
 * prove it to each other and protect their messages with it.
 *
 *   message.c   what the tokens look like, and nothing else
 *   keys.c      where keys come from: a file, a password, an exchange
 *   states.c    which token comes when
 *   legs.c      what is done with each
 *   protect.c   messages after that
 *   package.c   the table that the host sees
 */
#ifndef EXAMPLE_H
#define EXAMPLE_H

/* The only header of OpenSSPI that a package needs: pkg-config --cflags sspi finds it. */
#include <package.h>

#include <openssl/evp.h>

#define EX_KEY 32 /* bytes of every key */
#define EX_NONCE 32
#define EX_MAC 32       /* HMAC-SHA256 */
#define EX_HASH 32      /* SHA-256 */
#define EX_TAG 16       /* AES-256-GCM */
#define EX_NAME_MAX 256 /* bytes of a user's or a target's name */
#define EX_TOKEN_MAX 1024
#define EX_TRAILER (8 + EX_TAG) /* what sign and encrypt put into TOKEN */

/* The host's services; set once, when the module is entered. */
extern const struct ssp_host *ex_host;

/*
 * Tokens.  Integers are little-endian.
 *
 *   all        "EPSK"  version 1 (1 byte)  type (1 byte)
 *   HELLO      nonce[32]  length[2] user  length[2] target     client to server
 *   CHALLENGE  nonce[32]  mac[32]                              server to client
 *   RESPONSE   bindings[32]  mac[32]                           client to server
 *   FINISH     mac[32]                                         server to client
 *
 * A mac covers all that was said before it, by either side, and its own token up to itself.
 */
enum ex_type { EX_HELLO = 1, EX_CHALLENGE, EX_RESPONSE, EX_FINISH };

struct ex_message {
    enum ex_type type;
    struct span nonce;    /* HELLO, CHALLENGE */
    struct span user;     /* HELLO; UTF-8, not empty, without NUL */
    struct span target;   /* HELLO; may be empty */
    struct span bindings; /* RESPONSE: SHA-256 of the channel's, or zeros */
    struct span mac;      /* all but HELLO */
};

/*
 * Read a token that must be of this type.  The spans of *out live as long as token.
 * SEC_E_INVALID_TOKEN for anything else; *out is then left as it was.
 */
SECURITY_STATUS ex_get_message(struct span token, enum ex_type type, struct ex_message *out);
/* Write one, with zeros where the mac goes.  Run over no memory it tells the size. */
void ex_put_message(struct wire_out *out, const struct ex_message *m);
/* For `sspi decode`: says what is in a token of any type. */
SECURITY_STATUS ex_explain(struct span token, ssp_explain_fn *say, void *arg);

/* The keys of a context; ex_keys_wipe is the one place that ends them. */
struct ex_keys {
    struct secret psk;                  /* what the two share */
    struct secret mac[EX_FINISH + 1];   /* by type of the token; 0 and HELLO: unused */
    struct secret to_server, to_client; /* for messages */
    struct secret session;              /* for SECPKG_ATTR_SESSION_KEY */
};

void ex_keys_wipe(struct ex_keys *keys);

/* The key of a password: PBKDF2-HMAC-SHA256, salt "Example-PSK:" and the user's name. */
SECURITY_STATUS ex_key_from_password(struct span user, struct span password, int64_t iterations,
                                     struct secret *key);
/*
 * The key of a user in a file of "user:64 hex digits" lines.  SEC_E_NO_CREDENTIALS: the file
 * cannot be read, or others may read or write it; SEC_E_LOGON_DENIED: no such user.
 */
SECURITY_STATUS ex_key_from_file(const char *path, struct span user, struct secret *key);

/* transcript = SHA-256(transcript | bytes).  false: OpenSSL failed, as below. */
bool ex_absorb(uint8_t transcript[EX_HASH], struct span bytes);
bool ex_hmac(struct span key, struct span data, uint8_t mac[EX_MAC]);
/* All keys of the exchange, from keys->psk and what was said so far. */
bool ex_keys_derive(struct ex_keys *keys, const uint8_t transcript[EX_HASH]);

/* One direction of the messages.  cipher is NULL until the context is established. */
struct ex_direction {
    EVP_CIPHER_CTX *cipher;
    uint64_t next; /* number of the next message */
};

bool ex_direction_open(struct ex_direction *d, const struct secret *key, bool sending);
void ex_direction_close(struct ex_direction *d);

SECURITY_STATUS ex_sign(struct ssp_ctx *ctx, uint32_t qop, struct ssp_buffers m, uint32_t seq);
SECURITY_STATUS ex_verify(struct ssp_ctx *ctx, struct ssp_buffers m, uint32_t seq, uint32_t *qop);
SECURITY_STATUS ex_encrypt(struct ssp_ctx *ctx, uint32_t qop, struct ssp_buffers m, uint32_t seq);
SECURITY_STATUS ex_decrypt(struct ssp_ctx *ctx, struct ssp_buffers m, uint32_t seq, uint32_t *qop);

/* The settings of the manifest entry.  Text is the host's. */
enum ex_bindings { EX_BINDINGS_OFF, EX_BINDINGS_ALLOW, EX_BINDINGS_REQUIRE };

struct ssp_instance {
    const char *key_file;    /* NULL: none */
    const char *server_name; /* NULL: a client may have meant any server */
    int64_t iterations;      /* of PBKDF2 */
    enum ex_bindings bindings;
    struct secret decoy; /* stands in for the key of a user who is not there */
};

struct ssp_cred {
    struct ssp_instance *instance;
    uint32_t use;               /* SECPKG_CRED_* */
    char user[EX_NAME_MAX + 1]; /* outbound: who we are */
    struct secret psk;          /* outbound: our key */
};

/* The client goes down the left, the server down the right; complete stands for COMPLETE. */
enum ex_state {
    EX_START,      /* send HELLO           answer it with CHALLENGE */
    EX_WAITING,    /* for CHALLENGE        for RESPONSE */
    EX_INCOMPLETE, /* RESPONSE, complete   FINISH, complete */
    EX_LAST,       /* for FINISH           -  */
    EX_DONE,
    EX_FAILED,
};

struct ssp_ctx {
    struct ssp_instance *instance;
    bool server;
    enum ex_state state;
    uint8_t transcript[EX_HASH]; /* hash of all that was said */
    char user[EX_NAME_MAX + 1];  /* the client's name, on both sides */
    struct ex_keys keys;
    struct ex_direction send, receive;
    uint32_t granted; /* ISC_RET_* or ASC_RET_* */
    int64_t since;    /* FILETIME: established */
};

/* The legs, in the order of the tokens (legs.c).  Only states.c calls them. */
SECURITY_STATUS ex_send_hello(struct ssp_ctx *ctx, struct ssp_step *step);
SECURITY_STATUS ex_answer_hello(struct ssp_ctx *ctx, struct ssp_step *step);
SECURITY_STATUS ex_answer_challenge(struct ssp_ctx *ctx, struct ssp_step *step);
SECURITY_STATUS ex_complete_response(struct ssp_ctx *ctx, SecBuffer *token);
SECURITY_STATUS ex_answer_response(struct ssp_ctx *ctx, struct ssp_step *step);
SECURITY_STATUS ex_complete_finish(struct ssp_ctx *ctx, SecBuffer *token);
SECURITY_STATUS ex_check_finish(struct ssp_ctx *ctx, struct ssp_step *step);

SECURITY_STATUS ex_initiate(struct ssp_cred *cred, struct ssp_ctx **ctx, struct ssp_step *step);
SECURITY_STATUS ex_accept(struct ssp_cred *cred, struct ssp_ctx **ctx, struct ssp_step *step);
SECURITY_STATUS ex_complete(struct ssp_ctx *ctx, struct ssp_buffers token);
void ex_delete(struct ssp_ctx *ctx);

#endif
