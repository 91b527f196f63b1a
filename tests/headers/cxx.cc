// SPDX-License-Identifier: Apache-2.0
//
// cxx.cc: the public headers in C++: types, null pointers, unsigned long, case labels, tables.
//
// Only compiled, never run.

#define SECURITY_WIN32
#include <security.h>

#include <schannel.h>
#include <sspix.h>

#include <type_traits>

static_assert(std::is_same<WCHAR, char16_t>::value, "u\"\" literals are WCHAR");
static_assert(sizeof(WCHAR) == 2 && sizeof(ULONG) == 4 && sizeof(LONG) == 4, "Windows' widths");
static_assert(sizeof(TimeStamp) == 8 && sizeof(ULONG_PTR) == sizeof(void *), "Windows' widths");
static_assert(std::is_same<decltype(SEC_E_INVALID_TOKEN), SECURITY_STATUS>::value, "statuses");
static_assert(SEC_E_INVALID_TOKEN < 0 && SEC_SUCCESS(SEC_I_CONTINUE_NEEDED), "their signs");
static_assert(ISC_REQ_MESSAGES == 0x100000000, "64-bit flags");
static_assert(sizeof(void *) != 8 || sizeof(SecurityFunctionTableW) == 256, "the table");

namespace
{

// The functions of an interface, called as a Windows program does.
class Client
{
  public:
    explicit Client(PSecurityFunctionTableW table) : table_(table)
    {
        SecInvalidateHandle(&context_);
    }

    bool start(CredHandle &credential, const char16_t *target)
    {
        SecBuffer token = { 0, SECBUFFER_TOKEN, nullptr };
        SecBufferDesc output = { SECBUFFER_VERSION, 1, &token };
        unsigned long attributes = 0;
        TimeStamp expiry;
        SECURITY_STATUS status = table_->InitializeSecurityContextW(
            &credential, nullptr, target, ISC_REQ_ALLOCATE_MEMORY | ISC_REQ_STREAM, 0,
            SECURITY_NATIVE_DREP, nullptr, 0, &context_, &output, &attributes, &expiry);

        switch (status) {
        case SEC_E_OK:
        case SEC_I_CONTINUE_NEEDED:
            return expiry.QuadPart != 0 && expiry.LowPart != 0 && expiry.u.HighPart != 0 &&
                   (attributes & ISC_RET_STREAM) != 0;
        default:
            return false;
        }
    }

    SECURITY_STATUS open(SecBufferDesc &message)
    {
        unsigned long quality = 0;
        ULONG quality32 = 0;
        DWORD qualityDword = 0;
        void *nowhere = nullptr;
        SECURITY_STATUS status = table_->DecryptMessage(&context_, &message, 0, &quality);

        status |= table_->DecryptMessage(&context_, &message, 0, &quality32);
        status |= table_->DecryptMessage(&context_, &message, 0, &qualityDword);
        status |= table_->DecryptMessage(&context_, &message, 0, nullptr);
        status |= table_->DecryptMessage(&context_, &message, 0, NULL);
        status |= table_->DecryptMessage(&context_, &message, 0, 0);
        status |= table_->VerifySignature(&context_, &message, 0, nowhere);
        return status;
    }

    bool valid() const
    {
        return SecIsValidHandle(&context_);
    }

  private:
    PSecurityFunctionTableW table_;
    CtxtHandle context_;
};

} // namespace

int sspi_cxx_calls();
int sspi_cxx_calls()
{
    unsigned long count = 0, attributes = 0, quality = 0, length = 0;
    ULONG count32 = 0;
    PSecPkgInfo packages = nullptr;
    CredHandle credential = { 0, 0 };
    CtxtHandle context = { 0, 0 };
    SecBufferDesc none = { SECBUFFER_VERSION, 0, nullptr };
    SCH_CREDENTIALS tls = {};
    char *bytes = nullptr;
    DECRYPT_MESSAGE_FN decrypt = DecryptMessage;
    ACCEPT_SECURITY_CONTEXT_FN accept = &AcceptSecurityContext;
    SECURITY_STATUS (*plain)(PCtxtHandle, PSecBufferDesc, ULONG, ULONG *) = ::VerifySignature;

    tls.dwVersion = SCH_CREDENTIALS_VERSION;
    SECURITY_STATUS status = EnumerateSecurityPackages(&count, &packages);
    status |= EnumerateSecurityPackagesA(&count32, nullptr);
    status |= ::EnumerateSecurityPackagesW(&count, nullptr);
    status |= AcquireCredentialsHandle(nullptr, UNISP_NAME, SECPKG_CRED_OUTBOUND, nullptr, &tls,
                                       nullptr, nullptr, &credential, nullptr);
    status |= InitializeSecurityContext(&credential, nullptr, TEXT("host"), 0, 0, 0, nullptr, 0,
                                        &context, &none, &attributes, nullptr);
    status |= ::AcceptSecurityContext(&credential, nullptr, &none, 0, 0, &context, &none,
                                      &attributes, nullptr);
    status |= UnsealMessage(&context, &none, 0, &quality);
    status |= SspiMarshalAuthIdentity(nullptr, &length, &bytes);
    status |= decrypt(&context, &none, 0, nullptr);
    status |= accept(&credential, nullptr, &none, 0, 0, &context, &none, nullptr, nullptr);
    status |= plain(&context, &none, 0, &count32);
    status |= FreeContextBuffer(packages);
    PCCERT_CONTEXT certificate = CertCreateCertificateContext(X509_ASN_ENCODING, nullptr, 0);
    status |= sspi_open_certificate("Schannel", "file", nullptr, nullptr, &certificate);
    CertEnumCertificatesInStore(certificate->hCertStore, nullptr);
    CertFreeCertificateContext(CertDuplicateCertificateContext(certificate));

    Client client(InitSecurityInterfaceW());
    if (client.start(credential, MICROSOFT_KERBEROS_NAME_W) && client.valid())
        status |= client.open(none);
    return status;
}
