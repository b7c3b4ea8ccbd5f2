// SPDX-License-Identifier: ISC
// When a session's phase began, and so when its time is over.
#pragma once

#include "mpm/conversation.h"

namespace minetd {

class SessionClock {
  public:
    explicit SessionClock(Milliseconds now) noexcept : since_(now) {}

    /// After each step of the session.
    void update(const Conversation& session, Milliseconds now) noexcept {
        const Phase phase = session.phase();
        const std::uint64_t progress = session.progress();
        if (phase == phase_ && progress == progress_) return;
        phase_ = phase;
        progress_ = progress;
        since_ = now;
    }

    Phase phase() const noexcept { return phase_; }
    /// When the phase began, or its last progress was made.
    Milliseconds since() const noexcept { return since_; }

  private:
    Phase phase_ = Phase::first_byte;
    std::uint64_t progress_ = 0;
    Milliseconds since_;
};

}  // namespace minetd
