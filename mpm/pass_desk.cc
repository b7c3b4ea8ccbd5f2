// SPDX-License-Identifier: ISC
#include "mpm/pass_desk.h"

#include <utility>

namespace minetd {

bool PassDesk::ask(Channel& control, std::string_view service, int connection, Answer answer) {
    ControlMessage message;
    message.kind = ControlMessage::Kind::pass;
    message.set_text(service);
    const std::lock_guard held(lock_);
    if (closed_) return false;
    do {
        message.number = ++last_;
    } while (message.number == 0 || waiting_.contains(message.number));
    // Under the lock: the answer cannot overtake its question.
    if (!send_control(control, message, connection)) return false;
    waiting_.emplace(message.number, std::move(answer));
    return true;
}

void PassDesk::answer(const ControlMessage& message) {
    Answer told;
    {
        const std::lock_guard held(lock_);
        const auto found = waiting_.find(message.number);
        if (found == waiting_.end()) return;
        told = std::move(found->second);
        waiting_.erase(found);
    }
    told(message.kind == ControlMessage::Kind::passed);
}

void PassDesk::close() {
    std::unordered_map<std::uint32_t, Answer> left;
    {
        const std::lock_guard held(lock_);
        closed_ = true;
        left.swap(waiting_);
    }
    for (auto& [number, told] : left) told(false);
}

}  // namespace minetd
