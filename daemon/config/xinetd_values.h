// SPDX-License-Identifier: ISC
// What xinetd takes for a value, where minetd's own attribute takes more. All throw BadValue.
#pragma once

#include "daemon/config/attributes.h"

namespace minetd::xinetd {

void yes_or_no(Words);
void socket_type(Words);         ///< stream, dgram, raw, seqpacket
void count(Words);               ///< 0 and up
void count_or_unlimited(Words);  ///< the same, or UNLIMITED
void counts(Words);              ///< several numbers
void niceness(Words);            ///< a number, with a sign or without
void octal(Words);               ///< 0 to 777
void bytes(Words);               ///< digits with k, K, m or M, or UNLIMITED
void seconds(Words);             ///< digits, or UNLIMITED
void minutes(Words);             ///< digits, FOREVER or NEVER
void access_times(Words);        ///< ranges of more than no time
void log_type(Words);            ///< SYSLOG facility [level], FILE path [soft [hard]]
void log_on_success(Words);
void log_on_failure(Words);

}  // namespace minetd::xinetd
