// SPDX-License-Identifier: ISC
// What a server process and its parent say to each other over their pair of sockets. Messages are
// plain data of one size. The parent knows the sender by the descriptor and bounds whatever it
// reads.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>

#include "daemon/os/channel.h"
#include "daemon/os/clock.h"
#include "daemon/os/log_sink.h"
#include "daemon/policy/refusal_summary.h"
#include "mpm/board_card.h"
#include "mpm/record.h"

namespace minetd {

struct ControlMessage {
    enum class Kind : std::uint32_t {
        // child to parent
        ready,    ///< the process serves; a later end is not a failed start. `number` 1: resident
                  ///< programs were heard to say READY=1
        record,   ///< `record` is to be logged
        log,      ///< `text` is to be logged, at `number` as Level
        pass,     ///< the attached connection is for the service called `text`; `number` names the
                  ///< request
        touched,  ///< `record`'s peer came to this sensor
        // parent to child
        drain,     ///< leave the sockets alone, finish what was accepted, end
        passed,    ///< request `number` was granted: the connection is not yours any more
        declined,  ///< request `number` was not
        // to those who show the scoreboard
        board,       ///< one more: `board` is its card, `text` its service, attached its memory; in
                     ///< place of board `number`, unless that is 0
        board_gone,  ///< board `number` is no more
        daemon,      ///< the configuration was loaded `number` times, first when the daemon `began`
        usage,       ///< service `text` has a cgroup: attached its memory.current (`number` 0) or
                     ///< pids.current (1), where there is one
        usage_gone,  ///< service `text` has none any more
        // to who stands before a program
        vacant,  ///< the program has ended: what it was sent is answered, or never will be
    };
    Kind kind = Kind::ready;
    std::uint32_t number = 0;
    Record record;
    BoardCard board;
    std::int64_t began = 0;  ///< seconds since 1970
    char text[264] = {};

    void set_text(std::string_view value) noexcept;
    /// The text, ended within its bounds whatever was received.
    std::string text_view() const;
    /// Of `log`: from error to debug, whatever was received.
    Level level() const noexcept;
};

/// Sends; what does not fit now is lost, as no server waits for its parent.
bool send_control(Channel& channel, const ControlMessage& message, int attached = -1) noexcept;
/// One that says nothing else.
bool send_control(Channel& channel, ControlMessage::Kind kind) noexcept;

/// One whole message. An ill-formed one counts as the end: its sender is not to be trusted further.
Channel::Received receive_control(Channel& channel, ControlMessage& message,
                                  UniqueFd& attached) noexcept;
/// Takes what has come: a bounded number, so that a peer that never stops keeps nobody from other
/// work; the rest wakes a level-triggered event again. False: the end.
using TakeControl = std::function<void(ControlMessage&, UniqueFd attached)>;
/// Of a process that has ended, all that it said: more than any channel holds, and yet a number,
/// as a child of its own may have its end still.
constexpr int messages_a_turn = 64, messages_left = 4096;
bool receive_controls(Channel& channel, const TakeControl& take,
                      int most = messages_a_turn) noexcept;

/// What a server process reports upwards, from any of its threads.
class Reporter {
  public:
    Reporter(Channel& channel, const ServiceSpec& spec) noexcept : channel_(channel), spec_(spec) {}

    void ready(bool servers_say_so = false) noexcept;
    void started(const SocketAddress& peer) noexcept;
    /// A session inside this process has ended; `began` is monotonic microseconds.
    void ended(const SocketAddress& peer, std::int64_t began, const Traffic& traffic) noexcept;
    /// Equal refusals are counted instead of sent, once there are many; see flush().
    void refused(std::string_view reason, const SocketAddress& peer) noexcept;
    void record(const Record& record) noexcept;
    /// The service is a sensor, and this peer came.
    void touched(const SocketAddress& peer) noexcept;
    void log(Level level, std::string_view text) noexcept;
    /// Tells of refusals held back, when it is time.
    void flush(Milliseconds now) noexcept;
    /// The process ends: whatever was held back is told now.
    void finish() noexcept;
    /// Something is held back: flush() wants to be called now and then.
    bool holds() const noexcept { return holds_.load(std::memory_order_relaxed); }
    bool wants(Record::Kind kind) const noexcept { return wants_record(spec_, kind); }
    /// Refusals are counted there too.
    void count_on(Scoreboard& board) noexcept { board_ = &board; }

  private:
    void tell_held(Milliseconds now) noexcept;

    Channel& channel_;
    const ServiceSpec& spec_;
    Scoreboard* board_ = nullptr;
    std::atomic<bool> holds_{false};
    std::mutex lock_;  ///< of all below
    static constexpr std::size_t reasons = 16;
    struct Reason {
        std::string_view text;  // a guard's: static
        std::uint64_t count = 0;
        SocketAddress last;
    };
    Milliseconds period_began_ = 0;
    unsigned sent_ = 0;
    Reason held_[reasons];
};

}  // namespace minetd
