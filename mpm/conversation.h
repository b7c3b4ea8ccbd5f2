// SPDX-License-Identifier: ISC
// What a driver steps: one client's connection from accept to close, whatever becomes of it. It
// goes as far as it can without waiting and says what it waits for. Whoever waits (poll in prefork,
// epoll in an event-driven process) and whoever keeps the time knows nothing else of it.
#pragma once

#include <cstdint>

#include "mpm/deadlines.h"
#include "mpm/record.h"
#include "services/connection.h"

namespace minetd {

class Conversation {
  public:
    enum class Wants : std::uint8_t {
        input,
        output,
        both,
        passing,  ///< the connection is for another service: see connection().passed_to()
        end,
    };

    Conversation() = default;
    virtual ~Conversation() = default;
    Conversation(const Conversation&) = delete;
    Conversation& operator=(const Conversation&) = delete;

    virtual Wants begin() noexcept = 0;
    /// The descriptor is ready for what was wanted (or simply try).
    virtual Wants resume() noexcept = 0;
    /// The time of the phase is over. What is not `end` goes on with something else.
    virtual Wants time_over() noexcept = 0;
    /// Makes the descriptor ready, so that whoever waits for it hears that its time is over.
    virtual void interrupt() noexcept = 0;

    // -- turns, of a conversation in Phase::keep_alive only
    /// Waits for input itself, as long as the keep-alive deadline allows; for a thread that serves
    /// nobody else. True: proceed() with what came. False: it is over.
    virtual bool await_input() noexcept { return false; }
    virtual Wants proceed() noexcept { return Wants::end; }
    /// The connection could not be passed on: there is a word to say to the client.
    virtual Wants declined() noexcept { return Wants::end; }

    /// What to wait for; the same as long as it wants anything.
    virtual int fd() const noexcept = 0;
    virtual const Connection& connection() const noexcept = 0;
    /// What it waits for at present, as long as it wants input or output.
    virtual Phase phase() const noexcept = 0;
    /// Milliseconds that this phase may last; 0: for ever.
    virtual Milliseconds limit() const noexcept = 0;
    /// limit() is not what every conversation of the service has in this phase.
    virtual bool has_own_limit() const noexcept = 0;
    /// Changes with whatever restarts the time of the phase: progress, not mere activity.
    virtual std::uint64_t progress() const noexcept = 0;
    /// Requests that were taken whole.
    virtual std::uint64_t requests() const noexcept = 0;
    virtual Traffic traffic() const noexcept = 0;
};

}  // namespace minetd
