-- Texts of child protection are encrypted by the service: from here on nothing plain is added (what is there: 0035).
SET LOCAL lock_timeout = '5s';

ALTER TABLE endangerment_assessment ADD CONSTRAINT endangerment_assessment_encrypted_check CHECK (reasons LIKE 'e1.%' AND involvement LIKE 'e1.%' AND measures LIKE 'e1.%' AND outcome LIKE 'e1.%') NOT VALID;
ALTER TABLE endangerment_report ADD CONSTRAINT endangerment_report_encrypted_check CHECK (words LIKE 'e1.%' AND own_assessment LIKE 'e1.%' AND adviser LIKE 'e1.%' AND involvement LIKE 'e1.%') NOT VALID;
ALTER TABLE endangerment_judgement ADD CONSTRAINT endangerment_judgement_encrypted_check CHECK (worries LIKE 'e1.%' AND working_well LIKE 'e1.%' AND what_needs_to_happen LIKE 'e1.%') NOT VALID;
ALTER TABLE safety_plan ADD CONSTRAINT safety_plan_encrypted_check CHECK (agreements LIKE 'e1.%' AND agreed_with LIKE 'e1.%' AND who_checks LIKE 'e1.%') NOT VALID;
