// SPDX-License-Identifier: ISC
#include "daemon/announcement.h"

#include <algorithm>
#include <cstring>

namespace minetd {
namespace {

struct Message {
    enum class Kind : std::uint32_t { begin, one, done } kind = Kind::begin;
    Announcement announcement;
};

struct Report {
    std::int32_t level = 0;
    char text[508] = {};
};

}  // namespace

bool Announcement::operator==(const Announcement& other) const noexcept {
    return address == other.address && datagram == other.datagram && program == other.program &&
           low == other.low && high == other.high && std::strcmp(service, other.service) == 0 &&
           std::strcmp(name, other.name) == 0 && std::strcmp(type, other.type) == 0 &&
           std::strcmp(interface, other.interface) == 0;
}

bool AnnouncementFeed::send(Channel& channel, const Announcements& all) noexcept {
    for (; next_ < all.size() + 2; ++next_) {
        Message message;
        if (next_ > all.size())
            message.kind = Message::Kind::done;
        else if (next_ > 0)
            message = {Message::Kind::one, all[next_ - 1]};
        if (!channel.send(&message, sizeof message)) return false;
    }
    return true;
}

AnnouncementReader::Heard AnnouncementReader::receive(Channel& channel, Announcements& all) {
    Heard heard = Heard::nothing;
    for (;;) {
        Message message;
        std::size_t size = 0;
        UniqueFd attached;
        const auto received = channel.receive(&message, sizeof message, size, attached);
        if (received == Channel::Received::nothing) return heard;
        if (received == Channel::Received::end || size != sizeof message) return Heard::end;
        if (message.kind == Message::Kind::begin) {
            coming_.clear();
        } else if (message.kind == Message::Kind::one) {
            coming_.push_back(message.announcement);
        } else {
            all = std::move(coming_);
            coming_.clear();
            heard = Heard::news;
        }
    }
}

bool send_report(Channel& channel, Level level, const std::string& text) noexcept {
    Report report;
    report.level = static_cast<std::int32_t>(level);
    std::memcpy(report.text, text.data(), std::min(text.size(), sizeof report.text - 1));
    return channel.send(&report, sizeof report);
}

bool receive_report(Channel& channel, Level& level, std::string& text) {
    Report report;
    std::size_t size = 0;
    UniqueFd attached;
    if (channel.receive(&report, sizeof report, size, attached) != Channel::Received::message ||
        size != sizeof report)
        return false;
    level = static_cast<Level>(std::clamp<std::int32_t>(report.level, 3, 7));
    text.assign(report.text, ::strnlen(report.text, sizeof report.text));
    return true;
}

}  // namespace minetd
