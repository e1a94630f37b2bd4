/* What runs inside other protocols' authentication fields: SPNEGO (RFC 4178) with Kerberos or NTLM. */
#ifndef FB_REPLAY_SERVICE_SVC_GSSAPI_H
#define FB_REPLAY_SERVICE_SVC_GSSAPI_H

#include "replay/service/svc.h"

/* A token: confirms krb, ntlm and gssapi for the session as they show. A bare NTLMSSP message is taken as
 * such. */
void svc_gssapi_token(struct svc *a, const uint8_t *p, size_t n);
/* An NTLM message, or what stands in its place: confirms ntlm when its fixed part is whole. */
void svc_ntlm_message(struct svc *a, const uint8_t *p, size_t n);
/* Whole DCE/RPC fragments at p, as a named pipe carries them: confirms dce_rpc and what its authentication
 * holds. Returns the bytes of whole fragments; SIZE_MAX when they are none. */
size_t svc_dce_rpc_fragments(struct svc *a, const uint8_t *p, size_t n);
/* Finds the first token somewhere in a message and looks at it. */
void svc_gssapi_scan(struct svc *a, const uint8_t *p, size_t n);
/* A Kerberos message (RFC 4120): one of the known application tags with protocol version 5. */
bool svc_krb_message(const uint8_t *p, size_t n);

#endif
