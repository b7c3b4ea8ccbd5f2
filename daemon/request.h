// SPDX-License-Identifier: ISC
// Signals with a result. Whoever asks for a reload or an upgrade sends SIGHUP or SIGUSR2 by
// sigqueue(3) with a value that says so, and is answered by SIGUSR1 with the outcome; what kill(1)
// sends is answered by nobody. Both sides believe only root and their own user.
#pragma once

#include <sys/types.h>

#include <optional>

namespace minetd {

/// Asks the daemon, and waits for as long as it lives. Returns the exit status: 0, 78 when
/// something in the configuration could not be used, 69 when there is no daemon. The daemon's log
/// has the reasons.
int request_reload(pid_t daemon);
/// The same; 78 when the new binary or the configuration was refused.
int request_upgrade(pid_t daemon);

/// The signal came with this value from somebody who waits for an answer.
bool is_request(int value) noexcept;
enum class Answer { done, refused };
/// 0 is nobody.
void answer(pid_t asker, Answer outcome) noexcept;

/// For who stands between both: asks the daemon without waiting, with SIGHUP or SIGUSR2.
void ask(pid_t daemon, int signal) noexcept;
/// What the value of a SIGUSR1 says.
std::optional<Answer> answer_in(int value) noexcept;

}  // namespace minetd
