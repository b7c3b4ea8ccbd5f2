// SPDX-License-Identifier: ISC
// Built instead of avahi.cc where libavahi-client is not wanted.
#include "daemon/os/avahi.h"

#include <poll.h>

namespace minetd::avahi {

bool available() noexcept {
    return false;
}

struct Publisher::State {};

Publisher::Publisher(Say say) {
    say(Level::error, "this minetd was built without libavahi-client");
}
Publisher::~Publisher() = default;

void Publisher::publish(const std::vector<Service>&) {}
void Publisher::wait(int fd, Milliseconds most) {
    pollfd item{.fd = fd, .events = POLLIN, .revents = 0};
    ::poll(&item, 1, static_cast<int>(most));
}

}  // namespace minetd::avahi
