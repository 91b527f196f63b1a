/* SPDX-License-Identifier: Apache-2.0 */
/* test-adapter.c: foreign tables as packages: a mock's, wide and narrow, and WinPR's. */
#define SSPI_NO_ULONG_COMPAT
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dlfcn.h>

#include "core/host.h"
#include "core/load.h"
#include "core/memory.h"
#include "core/test-tree.h"

struct fixture {
    struct tree tree;
    struct heard heard;
    struct findings to;
    struct manifest m;
    struct ssp_package p;
    struct ssp_instance *instance;
};

static int make(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    assert_non_null(f);
    tree_make(&f->tree);
    f->to = (struct findings){ .say = hear, .arg = &f->heard };
    assert_int_equal(mfst_defaults(f->tree.root, &f->m), SEC_E_OK);
    *state = f;
    return 0;
}

static int unmake(void **state)
{
    struct fixture *f = *state;

    if (f->p.stop)
        f->p.stop(f->instance);
    mfst_free(&f->m);
    tree_remove(&f->tree);
    free(f);
    return 0;
}

static SECURITY_STATUS try_load(struct fixture *f, const char *module, const char *name,
                                const char *keys)
{
    char text[1024], folder[PATH_MAX];

    if (f->p.stop)
        f->p.stop(f->instance);
    memset(&f->p, 0, sizeof f->p);
    mfst_free(&f->m);
    memset(&f->heard, 0, sizeof f->heard);
    snprintf(text, sizeof text,
             "{ \"name\": \"%s\", \"module\": \"%s\", \"interface\": \"sspi-table\",\n"
             "\"oids\": [\"1.2.3\"]%s%s }",
             name, module, *keys ? ",\n" : "", keys);
    assert_int_equal(mfst_parse(MFST_DROP_IN, "FILE", span_str(text), &f->to, &f->m), SEC_E_OK);
    assert_string_equal(f->heard.all, "");
    snprintf(folder, sizeof folder, "%s", tree_path(&f->tree, "modules"));
    return load_package(f->m.entries[0], folder, &f->to, &f->p, &f->instance);
}

static void load_mock(struct fixture *f, const char *built)
{
    SECURITY_STATUS status;

    (void)tree_module(&f->tree, built, "table.so");
    status = try_load(f, "table.so", "Foreign", "");
    if (status != SEC_E_OK)
        fail_msg("0x%x: %s", (unsigned)status, f->heard.all);
}

static struct ssp_cred *acquire(struct fixture *f, uint32_t use, const char *user,
                                const char *password)
{
    const struct ssp_identity id = { .user = span_str(user), .password = span_str(password) };
    struct ssp_acquire a = { .size = sizeof a, .use = use, .identity = user ? &id : NULL };
    struct ssp_cred *cred = NULL;
    SECURITY_STATUS status = f->p.acquire(f->instance, &a, &cred);

    if (status < 0)
        assert_null(cred);
    return cred;
}

/* One leg with a token of its own; gives what was replied. */
struct exchange {
    struct ssp_step step;
    SecBuffer in;
    struct ssp_token reply;
    char text[16384];
};

static SECURITY_STATUS leg(struct fixture *f, bool server, struct ssp_cred *cred,
                           struct ssp_ctx **ctx, const void *token, size_t n, const char *target,
                           struct exchange *x)
{
    char *copy = malloc(n ? n : 1);
    SECURITY_STATUS status;

    assert_non_null(copy);
    if (n > 0)
        memcpy(copy, token, n);
    memset(x, 0, sizeof *x);
    x->in = (SecBuffer){ .cbBuffer = (ULONG)n, .BufferType = SECBUFFER_TOKEN, .pvBuffer = copy };
    x->step = (struct ssp_step){
        .size = sizeof x->step,
        .requested = ISC_REQ_CONFIDENTIALITY | ISC_REQ_ALLOCATE_MEMORY,
        .token = span_of(copy, n),
        .in = { n ? &x->in : NULL, n ? 1 : 0 },
        .target = span_str(target),
        .reply = &x->reply,
        .expiry = INT64_MAX,
    };
    status = server ? f->p.accept(cred, ctx, &x->step) : f->p.initiate(cred, ctx, &x->step);
    assert_true(x->reply.len < sizeof x->text);
    if (x->reply.len > 0)
        memcpy(x->text, x->reply.data, x->reply.len);
    free(copy);
    return status;
}

static void end(struct exchange *x)
{
    token_reset(&x->reply);
}

#define USER                                                                                       \
    "Stra\xc3\x9f"                                                                                 \
    "e"
#define TARGET "host/\xc3\xa4"

/* Live handles in the low half, memory not given back in the high half. */
static unsigned alive(struct fixture *f, struct ssp_ctx *ctx)
{
    SecPkgContext_UserFlags flags = { 0 };

    assert_int_equal(f->p.query(ctx, SECPKG_ATTR_USER_FLAGS, &flags, sizeof flags), SEC_E_OK);
    return flags.UserFlags;
}

static struct ssp_ctx *client_done(struct fixture *f, struct ssp_cred *cred)
{
    struct ssp_ctx *ctx = NULL;
    struct exchange x;

    assert_int_equal(leg(f, false, cred, &ctx, NULL, 0, TARGET, &x), SEC_I_CONTINUE_NEEDED);
    assert_string_equal(x.text, "hello");
    assert_int_equal(x.step.expiry, 1000);
    end(&x);
    assert_int_equal(leg(f, false, cred, &ctx, "WELCOME", 7, TARGET, &x), SEC_E_OK);
    assert_int_equal(x.reply.len, 0); /* cbBuffer was left as it was: nothing to send */
    assert_int_equal(x.step.granted, ISC_RET_CONFIDENTIALITY);
    end(&x);
    return ctx;
}

/* --- the mock -------------------------------------------------------------------------------- */

static void a_table_is_a_package(struct fixture *f)
{
    assert_string_equal(f->p.name, "Foreign");
    assert_string_equal(f->p.comment, "not from here");
    assert_int_equal(f->p.capabilities, SECPKG_FLAG_PRIVACY);
    assert_int_equal(f->p.rpc_id, 7);
    assert_int_equal(f->p.max_token, 64);
    assert_string_equal(f->p.oids[0], "1.2.3");
    assert_non_null(f->p.encrypt);
    assert_null(f->p.sign);     /* not in the table */
    assert_null(f->p.set);      /* behind the table's version */
    assert_null(f->p.set_cred); /* the same */
    assert_null(f->p.apply_control);
}

static void an_identity_goes_through(struct fixture *f)
{
    struct ssp_cred *cred = acquire(f, SECPKG_CRED_OUTBOUND, USER, "secret");

    assert_non_null(cred);
    f->p.free_cred(cred);
    assert_null(acquire(f, SECPKG_CRED_OUTBOUND, "Strasse", "secret"));
    assert_null(acquire(f, SECPKG_CRED_OUTBOUND, USER, "Secret"));
    assert_null(acquire(f, SECPKG_CRED_OUTBOUND, "\xff", "secret"));
    cred = acquire(f, SECPKG_CRED_OUTBOUND, NULL, NULL);
    assert_non_null(cred);
    f->p.free_cred(cred);
}

static void an_exchange_goes_through(struct fixture *f)
{
    struct ssp_cred *client = acquire(f, SECPKG_CRED_OUTBOUND, USER, "secret");
    struct ssp_cred *server = acquire(f, SECPKG_CRED_INBOUND, NULL, NULL);
    struct ssp_ctx *ctx = client_done(f, client), *accepted = NULL;
    SecBuffer token;
    struct exchange x;

    assert_int_equal(leg(f, true, server, &accepted, "hello", 5, NULL, &x), SEC_I_COMPLETE_NEEDED);
    assert_string_equal(x.text, "welcome");
    assert_int_equal(x.step.granted, ASC_RET_CONFIDENTIALITY);
    token = (SecBuffer){ .cbBuffer = 7, .BufferType = SECBUFFER_TOKEN, .pvBuffer = x.text };
    assert_int_equal(f->p.complete(accepted, (struct ssp_buffers){ &token, 1 }), SEC_E_OK);
    assert_string_equal(x.text, "WELCOME");
    end(&x);
    assert_int_equal(alive(f, ctx), 4);
    f->p.delete_ctx(accepted);
    f->p.free_cred(server);
    assert_int_equal(alive(f, ctx), 2);
    f->p.delete_ctx(ctx);
    f->p.free_cred(client);
}

static void a_failed_first_leg_makes_no_context(struct fixture *f)
{
    struct ssp_cred *cred = acquire(f, SECPKG_CRED_OUTBOUND, USER, "secret");
    struct ssp_ctx *ctx = NULL;
    struct exchange x;

    assert_int_equal(leg(f, false, cred, &ctx, NULL, 0, "host/a", &x), SEC_E_TARGET_UNKNOWN);
    assert_null(ctx);
    assert_int_equal(x.reply.len, 0);
    end(&x);
    f->p.free_cred(cred);
}

static void a_failed_later_leg_still_has_its_token(struct fixture *f)
{
    struct ssp_cred *cred = acquire(f, SECPKG_CRED_OUTBOUND, USER, "secret");
    struct ssp_ctx *ctx = NULL;
    struct exchange x;

    assert_int_equal(leg(f, false, cred, &ctx, NULL, 0, TARGET, &x), SEC_I_CONTINUE_NEEDED);
    end(&x);
    assert_int_equal(leg(f, false, cred, &ctx, "go away", 7, TARGET, &x), SEC_E_LOGON_DENIED);
    assert_non_null(ctx);
    assert_string_equal(x.text, "alert");
    end(&x);
    f->p.delete_ctx(ctx);
    f->p.free_cred(cred);
}

/* The foreign context is a step ahead: the leg cannot be repeated, and all of it goes. */
static void a_token_that_cannot_be_kept_ends_the_exchange(struct fixture *f)
{
    struct ssp_cred *cred = acquire(f, SECPKG_CRED_OUTBOUND, USER, "secret");
    struct ssp_ctx *ctx = NULL;
    struct ssp_token tiny = { .limit = 2 };
    struct ssp_step step = { .size = sizeof step, .target = span_str(TARGET), .reply = &tiny };

    assert_int_equal(f->p.initiate(cred, &ctx, &step), SEC_E_INTERNAL_ERROR);
    assert_null(ctx);
    token_reset(&tiny);
    f->p.free_cred(cred);
}

static void answers_are_ours_to_free(struct fixture *f)
{
    struct ssp_cred *cred = acquire(f, SECPKG_CRED_OUTBOUND, USER, "secret");
    struct ssp_ctx *ctx = client_done(f, cred);
    SecPkgContext_NamesA names = { NULL };
    SecPkgContext_NativeNamesA native = { NULL, NULL };
    SecPkgContext_SessionKey key = { 0 };
    SecPkgContext_PackageInfoA info = { NULL };
    SecPkgContext_Sizes sizes = { 0 };
    void *token;

    assert_int_equal(f->p.query(ctx, SECPKG_ATTR_NAMES, &names, 0), SEC_E_OK);
    assert_string_equal(names.sUserName, USER);
    assert_true(mem_result_free(names.sUserName));
    assert_int_equal(f->p.query(ctx, SECPKG_ATTR_NATIVE_NAMES, &native, sizeof native), SEC_E_OK);
    assert_null(native.sClientName);
    assert_string_equal(native.sServerName, USER);
    assert_true(mem_result_free(native.sServerName));
    assert_int_equal(f->p.query(ctx, SECPKG_ATTR_SESSION_KEY, &key, 0), SEC_E_OK);
    assert_int_equal(key.SessionKeyLength, 3);
    assert_memory_equal(key.SessionKey, "key", 3);
    assert_true(mem_result_free(key.SessionKey));
    assert_int_equal(f->p.query(ctx, SECPKG_ATTR_PACKAGE_INFO, &info, 0), SEC_E_OK);
    assert_string_equal(info.PackageInfo->Name, "Foreign");
    assert_string_equal(info.PackageInfo->Comment, "not from here");
    assert_true(mem_result_free(info.PackageInfo));
    assert_int_equal(f->p.query(ctx, SECPKG_ATTR_SIZES, &sizes, 0), SEC_E_OK);
    assert_int_equal(sizes.cbMaxToken, 64);
    assert_int_equal(f->p.query(ctx, SECPKG_ATTR_SIZES, &sizes, 3), SEC_E_BUFFER_TOO_SMALL);
    assert_int_equal(f->p.query(ctx, SECPKG_ATTR_LIFESPAN, &sizes, 0), SEC_E_UNSUPPORTED_FUNCTION);
    /* Of what is not known, nobody could say which members are pointers. */
    assert_int_equal(f->p.query(ctx, SECPKG_ATTR_ACCESS_TOKEN, &token, 0),
                     SEC_E_UNSUPPORTED_FUNCTION);
    assert_int_equal(alive(f, ctx) >> 16, 0);
    f->p.delete_ctx(ctx);
    f->p.free_cred(cred);
}

static void messages_go_through_in_place(struct fixture *f)
{
    struct ssp_cred *cred = acquire(f, SECPKG_CRED_OUTBOUND, USER, "secret");
    struct ssp_ctx *ctx = client_done(f, cred);
    char text[] = "text";
    SecBuffer data = { .cbBuffer = 4, .BufferType = SECBUFFER_DATA, .pvBuffer = text };
    uint32_t qop = 0;

    assert_int_equal(f->p.encrypt(ctx, 0, (struct ssp_buffers){ &data, 1 }, 1), SEC_E_OK);
    assert_string_not_equal(text, "text");
    assert_int_equal(f->p.decrypt(ctx, (struct ssp_buffers){ &data, 1 }, 1, &qop), SEC_E_OK);
    assert_string_equal(text, "text");
    assert_int_equal(qop, 9);
    assert_int_equal(f->p.decrypt(ctx, (struct ssp_buffers){ &data, 1 }, 1, NULL), SEC_E_OK);
    f->p.delete_ctx(ctx);
    f->p.free_cred(cred);
}

static void a_context_is_exported_and_imported(struct fixture *f)
{
    struct ssp_cred *cred = acquire(f, SECPKG_CRED_OUTBOUND, USER, "secret");
    struct ssp_ctx *ctx = client_done(f, cred), *copy = NULL;
    struct ssp_token packed = { 0 };
    bool established = false, initiator = true;

    assert_int_equal(f->p.export_ctx(ctx, SECPKG_CONTEXT_EXPORT_DELETE_OLD, &packed), SEC_E_OK);
    assert_int_equal(packed.len, 6);
    assert_int_equal(
        f->p.import_ctx(f->instance, span_of(packed.data, 6), &copy, &established, &initiator),
        SEC_E_OK);
    assert_true(established);
    assert_int_equal(alive(f, copy), 3);
    f->p.delete_ctx(copy);
    copy = NULL;
    assert_int_equal(
        f->p.import_ctx(f->instance, span_of(packed.data, 5), &copy, &established, &initiator),
        SEC_E_INVALID_TOKEN);
    assert_null(copy);
    token_reset(&packed);
    assert_int_equal(alive(f, ctx), 2);
    f->p.delete_ctx(ctx);
    f->p.free_cred(cred);
}

static void all_of_it(struct fixture *f)
{
    size_t secrets = mem_secret_in_use();

    a_table_is_a_package(f);
    an_identity_goes_through(f);
    an_exchange_goes_through(f);
    a_failed_first_leg_makes_no_context(f);
    a_failed_later_leg_still_has_its_token(f);
    a_token_that_cannot_be_kept_ends_the_exchange(f);
    answers_are_ours_to_free(f);
    messages_go_through_in_place(f);
    a_context_is_exported_and_imported(f);
    assert_int_equal(mem_secret_in_use(), secrets);
}

static void a_wide_table_works_as_a_package(void **state)
{
    load_mock(*state, "mock-table.so");
    all_of_it(*state);
}

static void a_narrow_table_works_as_a_package(void **state)
{
    load_mock(*state, "mock-table-narrow.so");
    all_of_it(*state);
}

static void a_package_may_have_another_name_in_the_table(void **state)
{
    struct fixture *f = *state;

    (void)tree_module(&f->tree, "mock-table.so", "table.so");
    assert_int_equal(try_load(f, "table.so", "Ours",
                              "\"settings\": { \"package\": \"Foreign\" },"
                              "\"capabilities\": [\"privacy\"], \"max_token\": 64"),
                     SEC_E_OK);
    assert_string_equal(f->p.name, "Ours");
}

static void what_does_not_agree_is_refused(void **state)
{
    static const struct {
        const char *name, *keys;
        int line;
        const char *words;
    } bad[] = {
        { "Ours", "", 1, "no package Ours" },
        { "Ours", "\"settings\": {\n\"package\": \"Theirs\" }", 4, "no package Theirs" },
        { "Foreign", "\"settings\": {\n\"pakage\": \"Foreign\" }", 4, "no setting \"pakage\"" },
        { "Foreign", "\"max_token\": 65", 3, "says 65, the module 64" },
        { "Foreign", "\"capabilities\": 1", 3, "says 0x1, the module 0x2" },
    };
    struct fixture *f = *state;

    (void)tree_module(&f->tree, "mock-table.so", "table.so");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(try_load(f, "table.so", bad[i].name, bad[i].keys), SEC_E_CANNOT_INSTALL);
        assert_int_equal(f->heard.count, 1);
        assert_int_equal(f->heard.line, bad[i].line);
        assert_non_null(strstr(f->heard.text, bad[i].words));
    }
    (void)tree_module(&f->tree, "mock-table-empty.so", "empty.so");
    assert_int_equal(try_load(f, "empty.so", "Foreign", ""), SEC_E_CANNOT_INSTALL);
    assert_non_null(strstr(f->heard.text, "lacks what a provider has"));
}

/* --- WinPR ----------------------------------------------------------------------------------- */

/* WinPR 2.11 keeps the path of the user file that SetContextAttributes sets; not ours to free. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WITH_ASAN 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(WITH_ASAN)
__attribute__((visibility("default"))) const char *__lsan_default_suppressions(void);

const char *__lsan_default_suppressions(void)
{
    return "leak:libwinpr2.so\n";
}
#endif

/* Where the system has WinPR, if it has. */
static const char *winpr_path(char path[PATH_MAX])
{
    void *library = dlopen("libwinpr2.so.2", RTLD_LAZY | RTLD_LOCAL);
    void *symbol = library ? dlsym(library, "InitSecurityInterfaceW") : NULL;
    Dl_info info;

    if (!symbol || dladdr(symbol, &info) == 0 || !realpath(info.dli_fname, path))
        return NULL;
    return path;
}

/* The NT hash of "Password", as [MS-NLMP] 4.2.2.1.2 prints it. */
static const char sam[] = "user:::a4f49c406510bdcab6824ee7c30fd852:::\n";

#define ATTR_SAM_FILE 1004u /* SECPKG_ATTR_AUTH_NTLM_SAM_FILE, WinPR's own */

/* A whole handshake of WinPR with itself, through the adapter on both sides. */
static void winpr_shakes_hands_with_itself(void **state)
{
    struct fixture *f = *state;
    const struct ssp_identity id = { .user = span_str("user"),
                                     .domain = span_str("DOM"),
                                     .password = span_str("Password") };
    struct ssp_acquire out = { .size = sizeof out, .use = SECPKG_CRED_OUTBOUND, .identity = &id };
    struct ssp_cred *client, *server;
    struct ssp_ctx *initiator = NULL, *acceptor = NULL;
    struct exchange c, s;
    char path[PATH_MAX], file[PATH_MAX];
    SecPkgContext_Sizes sizes = { 0 };
    char text[] = "attack at dawn", mac[64] = "";
    uint32_t qop;

    if (!winpr_path(path)) {
        print_message("# no libwinpr2.so.2 (Debian: libwinpr2-2)\n");
        skip();
    }
    assert_int_equal(symlink(path, tree_path(&f->tree, "modules/winpr.so")), 0);
    if (try_load(f, "winpr.so", "WinPR",
                 "\"settings\": { \"package\": \"NTLM\", \"table_version\": 2 }") != SEC_E_OK)
        fail_msg("%s", f->heard.all);
    assert_int_equal(f->p.acquire(f->instance, &out, &client), SEC_E_OK);
    server = acquire(f, SECPKG_CRED_INBOUND, NULL, NULL);
    assert_non_null(server);

    assert_int_equal(leg(f, false, client, &initiator, NULL, 0, "host/x", &c),
                     SEC_I_CONTINUE_NEEDED);
    assert_int_equal(leg(f, true, server, &acceptor, c.text, c.reply.len, NULL, &s),
                     SEC_I_CONTINUE_NEEDED);
    end(&c);
    snprintf(file, sizeof file, "%s", tree_write(&f->tree, "sam", sam));
    assert_int_equal(f->p.set(acceptor, ATTR_SAM_FILE, file, (uint32_t)strlen(file)), SEC_E_OK);
    (void)leg(f, false, client, &initiator, s.text, s.reply.len, "host/x", &c);
    end(&s);
    assert_true(c.reply.len > 0);
    assert_true(leg(f, true, server, &acceptor, c.text, c.reply.len, NULL, &s) >= 0);
    end(&c);
    end(&s);
    assert_int_equal(f->p.complete(acceptor, (struct ssp_buffers){ NULL, 0 }), SEC_E_OK);

    assert_int_equal(f->p.query(initiator, SECPKG_ATTR_SIZES, &sizes, sizeof sizes), SEC_E_OK);
    assert_in_range(sizes.cbMaxSignature, 16, sizeof mac);
    SecBuffer m[2] = {
        { .cbBuffer = sizeof text, .BufferType = SECBUFFER_DATA, .pvBuffer = text },
        { .cbBuffer = sizes.cbMaxSignature, .BufferType = SECBUFFER_TOKEN, .pvBuffer = mac },
    };
    assert_int_equal(f->p.encrypt(initiator, 0, (struct ssp_buffers){ m, 2 }, 0), SEC_E_OK);
    assert_string_not_equal(text, "attack at dawn");
    assert_int_equal(f->p.decrypt(acceptor, (struct ssp_buffers){ m, 2 }, 0, &qop), SEC_E_OK);
    assert_string_equal(text, "attack at dawn");
    f->p.delete_ctx(initiator);
    f->p.delete_ctx(acceptor);
    f->p.free_cred(client);
    f->p.free_cred(server);
}

#define IN_TREE(test) cmocka_unit_test_setup_teardown(test, make, unmake)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_TREE(a_wide_table_works_as_a_package),
        IN_TREE(a_narrow_table_works_as_a_package),
        IN_TREE(a_package_may_have_another_name_in_the_table),
        IN_TREE(what_does_not_agree_is_refused),
        IN_TREE(winpr_shakes_hands_with_itself),
    };
    return cmocka_run_group_tests_name("adapter", tests, NULL, NULL);
}
