select
    segment,
    member_key,
    is_member,
    entered_at,
    left_at
from {{ source('tailrace', 'tailrace_segment_memberships') }}
