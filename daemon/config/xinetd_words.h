// SPDX-License-Identifier: ISC
// The words of xinetd's `type` and `flags`.
#pragma once

#include "daemon/config/attributes.h"

namespace minetd {

enum XinetdType : unsigned {
    xinetd_rpc = 1,
    xinetd_internal = 2,
    xinetd_unlisted = 4,
    xinetd_tcpmux = 8,
    xinetd_tcpmux_plus = 16
};

enum XinetdFlag : unsigned {
    xinetd_intercept = 1,
    xinetd_noretry = 2,
    xinetd_idonly = 4,
    xinetd_nameinargs = 8,
    xinetd_nodelay = 16,
    xinetd_keepalive = 32,
    xinetd_nolibwrap = 64,
    xinetd_sensor = 128,
    xinetd_v4 = 256,
    xinetd_v6 = 512,
    xinetd_labeled = 1024,
    xinetd_reuse = 2048
};

/// All bits of the words; throws BadValue for one that is unknown.
unsigned xinetd_types(Words words);
unsigned xinetd_flags(Words words);

}  // namespace minetd
