// SPDX-License-Identifier: ISC
#include "daemon/state_store.h"

#include <utility>

#include "daemon/inheritance.h"
#include "daemon/os/sealed_file.h"
#include "daemon/os/systemd.h"

namespace minetd {
namespace {

constexpr Milliseconds now_and_then = 15'000, soon = 500;

}  // namespace

StateStore::StateStore(EventLoop& loop, Look look, std::function<void(const std::string&)> problem)
    : look_(std::move(look)),
      problem_(std::move(problem)),
      listens_(systemd::has_notify_socket()),
      timer_(loop, [this] { save(); }) {}

void StateStore::begin() {
    if (listens_) timer_.schedule(now_and_then);
}

void StateStore::save() noexcept {
    if (!listens_) return;
    timer_.schedule(now_and_then);
    hurries_ = false;
    try {
        std::string text = look_().to_text();
        if (text == saved_) return;
        const UniqueFd file = sealed_file(saved_state_name, text);
        // A file is another one each time, and the manager would keep both.
        systemd::forget_stored(saved_state_name);
        if (systemd::store(saved_state_name, file.get())) saved_ = std::move(text);
    } catch (const std::exception& error) {
        if (!std::exchange(told_, true)) problem_(error.what());
    }
}

void StateStore::save_soon() noexcept {
    if (listens_ && !std::exchange(hurries_, true)) timer_.schedule(soon);
}

}  // namespace minetd
