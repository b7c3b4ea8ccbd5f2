// SPDX-License-Identifier: ISC
// The way to the service manager, by the protocol of sd_notify(3), which itself waits for a manager
// that does not read. Nothing here does.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "daemon/os/event_loop.h"
#include "daemon/os/unique_fd.h"

namespace minetd::systemd {

/// Sends a message to $NOTIFY_SOCKET, with a descriptor if one is given, which is borrowed. False
/// where it cannot be reached. What it has no room for waits in the outbox, if there is one; else
/// it is given up.
bool deliver(const std::string& text, int fd = -1) noexcept;

/// Messages that the manager has no room for yet: they go out from the loop, in their order. One of
/// them at a time lives in a process.
class Outbox {
  public:
    /// `problem` hears that messages were given up, once until others go out again.
    Outbox(EventLoop& loop, std::function<void(const std::string&)> problem);
    /// finish() with a second's patience.
    ~Outbox();
    Outbox(const Outbox&) = delete;
    Outbox& operator=(const Outbox&) = delete;

    /// Before the end of this process, or of its image: waits for what is left, for so long at
    /// most. The rest is given up.
    void finish(Milliseconds patience) noexcept;

  private:
    friend bool deliver(const std::string& text, int fd) noexcept;
    struct Message {
        std::string text;
        UniqueFd fd;
    };

    bool send(const std::string& text, int fd) noexcept;
    bool keep(const std::string& text, int fd) noexcept;
    void flush() noexcept;
    void give_up(std::size_t count) noexcept;

    EventLoop& loop_;
    std::function<void(const std::string&)> problem_;
    bool told_ = false;
    std::deque<Message> waiting_;
    UniqueFd socket_;                 ///< of those that wait
    std::unique_ptr<FdEvent> event_;  ///< it has room again
};

}  // namespace minetd::systemd
