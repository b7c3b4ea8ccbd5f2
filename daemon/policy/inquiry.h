// SPDX-License-Identifier: ISC
// What admission must ask others about a peer: its name, libwrap, its ident daemon. Nobody who
// accepts looks for an answer himself. A question goes through a socket that all processes of the
// service hold to the inquirer (mpm/inquirer.h), a process without privileges that knows the
// service's rules; attached is one end of a pair, on whose other end the answer will be. So a
// service can only ask about itself, an answer can only be about what was asked, and when the
// inquirer ends every asker hears of it. Whatever goes wrong, the answer is: unknown.
//
// Asking and awaiting make raw system calls only: a child on borrowed memory may.
#pragma once

#include <vector>

#include "daemon/config/service_spec.h"
#include "daemon/os/channel.h"
#include "daemon/os/clock.h"
#include "daemon/os/socket_address.h"
#include "daemon/policy/access_table.h"

namespace minetd {

/// What can be asked for.
enum Inquire : std::uint8_t {
    inquire_name = 1,     ///< may it come by its name? (only_from, no_access)
    inquire_libwrap = 2,  ///< may it come by hosts.allow and hosts.deny?
    inquire_ident = 4,    ///< does its ident daemon say who it is?
};

/// Unknown: not asked, or nobody could tell in time.
struct Answers {
    Verdict name = Verdict::unknown;
    Verdict libwrap = Verdict::unknown;
    Verdict ident = Verdict::unknown;
};

/// Plain data: it crosses processes.
struct Question {
    std::uint8_t wanted = 0;  ///< Inquire bits; with none, nobody waits for an answer
    bool userid = false;      ///< who it is goes into the record, when it is known
    Milliseconds asked = 0;   ///< monotonic
    SocketAddress peer, local;
};

class Inquiry {
  public:
    /// Throws std::system_error.
    Inquiry();
    /// Both ends of a former image's: its servers still ask through it.
    Inquiry(UniqueFd asking, UniqueFd inlet) noexcept
        : asking_(std::move(asking)), inlet_(std::move(inlet)) {}

    /// Somebody may have to be asked about the peers of this service.
    static bool needed(const ServiceSpec& spec) noexcept;

    /// For those who accept.
    int asking_fd() const noexcept { return asking_.fd(); }
    /// For the inquirer.
    int inlet() const noexcept { return inlet_.fd(); }
    /// The next question, within its bounds, and where its answer goes. An `end` means that
    /// whoever asks is not to be trusted further.
    Channel::Received receive(Question& question, UniqueFd& reply) noexcept;

    /// Asks; the descriptor on which the answer will be, or -errno.
    int ask(const Question& question) const noexcept;
    /// Asks for the record's sake: nobody waits.
    void tell(const Question& question) const noexcept;

    enum class Heard { nothing, answer };
    /// Looks for the answer without waiting. The inquirer's end is an answer: unknown.
    static Heard hear(int fd, Answers& answers) noexcept;
    /// Waits for it, at most so long, and closes the descriptor. A negative one is unknown at once.
    static Answers await(int fd, Milliseconds patience) noexcept;

  private:
    Channel asking_, inlet_;
};

/// The peers of this service may have an ident daemon: it is reached over TCP, and is not that
/// service itself.
bool can_identify(const ServiceSpec& spec) noexcept;

/// How long the inquirer tries to find a name, or libwrap's answer.
inline constexpr Milliseconds lookup_patience = 8000;
/// How long an asker waits at most for the answer to all of this.
Milliseconds patience_for(const ServiceSpec& spec) noexcept;

}  // namespace minetd
