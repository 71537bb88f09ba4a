// An access-control list: bit flags as associated constants, a table, or and and of rules.
struct Rights;

impl Rights {
    const READ: u8 = 1 << 0;
    const WRITE: u8 = 1 << 1;
    const ADMIN: u8 = Self::READ | Self::WRITE | 1 << 7;
}

struct Entry {
    role: u8,
    rights: u8,
}

const ACCESS: [Entry; 3] = [
    Entry { role: 1, rights: Rights::READ },
    Entry { role: 2, rights: Rights::READ | Rights::WRITE },
    Entry { role: 9, rights: Rights::ADMIN },
];

fn rights_of(role: u8) -> Option<u8> {
    ACCESS
        .iter()
        .find(|entry| entry.role == role)
        .map(|entry| entry.rights)
}

pub fn allowed(role: u8, wanted: u8) -> bool {
    match rights_of(role) {
        Some(rights) if rights & wanted == wanted => true,
        Some(_) | None => false,
    }
}
// run: allowed(1, 1) == 1
// run: allowed(1, 2) == 0
// run: allowed(9, 131) == 1
// run: allowed(3, 1) == 0

pub fn first_with(wanted: u8) -> u8 {
    for (index, Entry { role, rights }) in ACCESS.iter().enumerate() {
        if rights & wanted != 0 {
            return *role * 10 + index as u8;
        }
    }
    0
}
// run: first_with(2) == 21
// run: first_with(0x80) == 92
// run: first_with(0x40) == 0
