// SPDX-License-Identifier: ISC
// What happens at the door beside admission itself, whoever accepts: somebody is asked about the
// peer, and the peer is told something. Raw system calls only: a child on borrowed memory may.
// `admission` is null where everybody is let in.
#pragma once

#include "daemon/policy/admission.h"

namespace minetd {

/// A question under way.
struct Asked {
    bool needed = false;
    int reply = -1;  ///< where the answer will be; negative: nobody could be asked
};

/// Asks what admission has to know about the peer of a connection.
Asked ask_about(const Admission* admission, int connection, const SocketAddress& peer) noexcept;
/// The same, and waits for the answer. Where nothing is asked, nothing is known.
Answers find_out(const Admission* admission, int connection, const SocketAddress& peer) noexcept;

/// After admission: the banners, and USERID for the record.
void welcome(const Admission* admission, int connection, const SocketAddress& peer) noexcept;
/// After a refusal, before the connection is closed.
void turn_away(const Admission* admission, int connection, const SocketAddress& peer) noexcept;

}  // namespace minetd
