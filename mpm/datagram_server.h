// SPDX-License-Identifier: ISC
// Serves the datagrams of one socket with a handler: who may be answered, how much, and from which
// address. One datagram is one start for the limits.
#pragma once

#include <unistd.h>

#include "daemon/policy/admission.h"
#include "mpm/control.h"
#include "mpm/dispatcher.h"
#include "services/handler.h"
#include "services/reply_budget.h"

namespace minetd {

class DatagramServer {
  public:
    /// All are borrowed; without `admission` everybody is let in.
    DatagramServer(const ServiceSpec& spec, const ServiceContext& context,
                   const Admission* admission, Handler& handler, Reporter& reporter);

    /// Takes at most `most` datagrams from the socket; returns how many there were.
    int serve(const ListeningSocket& socket, int most) noexcept;

  private:
    bool serve_one(const ListeningSocket& socket) noexcept;
    bool admitted(int socket, const SocketAddress& peer) noexcept;

    const ServiceSpec& spec_;
    const ServiceContext& context_;
    const Admission* admission_;
    Handler& handler_;
    Reporter& reporter_;
    ReplyBudget budget_;
    std::unique_ptr<char[]> buffer_;
    const pid_t self_ = ::getpid();
};

}  // namespace minetd
