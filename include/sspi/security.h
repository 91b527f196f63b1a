/* SPDX-License-Identifier: Apache-2.0 */
/*
 * security.h: what a Windows program includes for SSPI: the calls, and the names of packages.
 *
 * Windows wants SECURITY_WIN32 defined before it; here that is allowed and changes nothing.
 */
#ifndef SSPI_SECURITY_H
#define SSPI_SECURITY_H

#include "sspi.h"

#include "secext.h"

/*
 * The packages' names, for AcquireCredentialsHandle.  schannel.h has those of TLS.  On Windows
 * NTLMSP_NAME is the wide one always; here UNICODE decides, as for the others.
 */
#define NEGOSSP_NAME_A "Negotiate"
#define NEGOSSP_NAME_W u"Negotiate"
#define MICROSOFT_KERBEROS_NAME_A "Kerberos"
#define MICROSOFT_KERBEROS_NAME_W u"Kerberos"
#define NTLMSP_NAME_A "NTLM"
#define NTLMSP_NAME_W u"NTLM"
#define WDIGEST_SP_NAME_A "WDigest"
#define WDIGEST_SP_NAME_W u"WDigest"
#define CREDSSP_NAME_A "CREDSSP"
#define CREDSSP_NAME_W u"CREDSSP"

#ifdef UNICODE
#define NEGOSSP_NAME NEGOSSP_NAME_W
#define MICROSOFT_KERBEROS_NAME MICROSOFT_KERBEROS_NAME_W
#define NTLMSP_NAME NTLMSP_NAME_W
#define WDIGEST_SP_NAME WDIGEST_SP_NAME_W
#define CREDSSP_NAME CREDSSP_NAME_W
#else
#define NEGOSSP_NAME NEGOSSP_NAME_A
#define MICROSOFT_KERBEROS_NAME MICROSOFT_KERBEROS_NAME_A
#define NTLMSP_NAME NTLMSP_NAME_A
#define WDIGEST_SP_NAME WDIGEST_SP_NAME_A
#define CREDSSP_NAME CREDSSP_NAME_A
#endif

#define NTLMSP_RPCID 10u /* SecPkgInfo.wRPCID of NTLM */

#endif
