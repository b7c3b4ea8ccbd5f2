// SPDX-License-Identifier: ISC
// Serves datagrams with a handler: who may be answered, how much, and from which address. One
// datagram is one start for the limits. Where somebody has to be asked about its sender, it is set
// aside until he answers, and with it those that the same host sends meanwhile; the others are
// served. Not for several threads at once.
#pragma once

#include <unistd.h>

#include "daemon/policy/admission.h"
#include "mpm/control.h"
#include "mpm/dispatcher.h"
#include "mpm/held_datagrams.h"
#include "mpm/scoreboard.h"
#include "services/handler.h"
#include "services/reply_budget.h"

namespace minetd {

class DatagramServer {
  public:
    using Line = Scoreboard::ThreadLine;

    /// All are borrowed; without `admission` everybody is let in.
    DatagramServer(const ServiceSpec& spec, const ServiceContext& context,
                   const Admission* admission, Handler& handler, Reporter& reporter,
                   ReplyBudget& budget);

    // What is served is counted on the line of whoever calls.
    /// Takes at most `most` datagrams from the socket; returns how many there were.
    int serve(const ListeningSocket& socket, int most, Line& line) noexcept;

    // -- what was set aside
    /// Readable when an answer has come; -1 where nobody is ever asked.
    int answers_fd() const noexcept { return held_ ? held_->fd() : -1; }
    bool holds() const noexcept { return held_ && !held_->empty(); }
    /// When settle() has to be called at the latest, in monotonic milliseconds; 0: never.
    Milliseconds due() const noexcept { return held_ ? held_->due() : 0; }
    /// Serves or refuses those of whom enough is known, or never will be.
    void settle(Line& line) noexcept;
    /// Waits for all of them: they are answered, or their time is over.
    void finish(Line& line) noexcept;

  private:
    bool serve_one(const ListeningSocket& socket, Line& line) noexcept;
    bool set_aside(const ReceivedDatagram& datagram, Line& line) noexcept;
    void decide(const ReceivedDatagram& datagram, const Answers& answers, Line& line) noexcept;
    void answer(const ReceivedDatagram& datagram, Line& line) noexcept;

    const ServiceSpec& spec_;
    const ServiceContext& context_;
    const Admission* admission_;
    Handler& handler_;
    Reporter& reporter_;
    ReplyBudget& budget_;
    std::unique_ptr<char[]> buffer_;
    std::optional<HeldDatagrams> held_;  ///< where somebody may have to be asked
    bool told_of_overflow_ = false;
    const pid_t self_ = ::getpid();
};

}  // namespace minetd
