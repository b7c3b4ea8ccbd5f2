// SPDX-License-Identifier: ISC
// How the value of each attribute of xinetd is said to its entry: most are native ones, and some
// are settled when all of the entry is read.
#pragma once

#include "daemon/config/xinetd_attributes.h"

namespace minetd::taking {

/// As XinetdAttribute::take.
using Take = void(XinetdEntry&, const XinetdAttribute&, const XinetdSetting&, Diagnostics&);

Take direct;   ///< as the native attribute takes it
Take clamped;  ///< the same, at most as much as the native one takes
Take limit;    ///< the same, but that 0 is none
Take types, flags, disable, protocol, v6only;
Take ids;  ///< `enabled`, `disabled`
Take passenv, env, access_times;
Take addresses;  ///< `only_from`, `no_access`

}  // namespace minetd::taking
