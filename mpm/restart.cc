// SPDX-License-Identifier: ISC
#include "mpm/restart.h"

#include <fmt/format.h>

#include "daemon/os/system_error.h"
#include "mpm/dispatcher.h"

namespace minetd {

Restart::Restart(Runtime& runtime, Timer::Callback start)
    : runtime_(runtime), pause_(runtime.loop, std::move(start)) {}

void Restart::start_failed(const std::string& who, int error) noexcept {
    const Milliseconds delay = throttle_.start_failed();
    runtime_.log(Level::error, fmt::format("{}: cannot start its process: {}; next try in {} s",
                                           who, error_text(error), delay / 1000));
    pause_.schedule(delay);
}

void Restart::ended(const std::string& who, const Exit& exit, bool had_served) noexcept {
    const Milliseconds delay =
        had_served ? throttle_.crashed(monotonic_ms()) : throttle_.start_failed();
    runtime_.log(
        Level::error,
        fmt::format("{}: process {} {}; {}", who, exit.pid, end_text(exit.status),
                    delay == 0 ? "replaced" : fmt::format("next start in {} s", delay / 1000)));
    if (delay > 0) pause_.schedule(delay);
}

}  // namespace minetd
